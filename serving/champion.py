"""The bundle that serves a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.catalog import CATALOG, Catalog
from features.errors import NotFound
from features.members.rhythm import MEMBER_CATALOG
from models.bundle import Bundle
from models.champion import champion
from serving.policies import with_policy

if TYPE_CHECKING:
    from features.store.home import Home
    from features.store.journal import Journal

NO_BUNDLE: Final = "none"
"""Id of the bundle in verdicts given without a champion."""


def load_champion(home: Home, journal: Journal, catalog: Catalog | None = None) -> Bundle:
    """Load and check the champion of a journal's program, with the policy in force.

    Parameters
    ----------
    home : Home
    journal : Journal
    catalog : Catalog or None
        The program's features; None: as the home has them now.

    Raises
    ------
    NotFound
        Where none was ever trained.
    BadInput
        Where a file was changed, or a feature it needs is defined differently today.
    BadConfig
        Where a declaration of the program, or the policy in force, is wrong.
    """
    folder = champion(home.bundles(journal.program.program_id))
    if folder is None:
        raise NotFound("a champion bundle", "none", "run jaga train first")
    return with_policy(journal, load_bundle(home, journal, folder.name, catalog))


def load_bundle(
    home: Home, journal: Journal, bundle_id: str, catalog: Catalog | None = None
) -> Bundle:
    """Load a bundle of a journal's program by its id, with its own policy."""
    program_id = journal.program.program_id
    return Bundle.load(home.bundles(program_id) / bundle_id, catalog or home.catalog(program_id),
                       MEMBER_CATALOG)


def bare_bundle(journal: Journal) -> Bundle:
    """Make what judges where no champion can: proof, missing facts and caps, no scores.

    It reads `CATALOG`, the features of every program: a wrong declaration can't stop it.
    """
    return Bundle(journal.program.program_id, 0, dict(CATALOG.hashes), dict(CATALOG.families),
                  bundle_id=NO_BUNDLE)


def as_of_ms(home: Home, journal: Journal, bundle_id: str) -> int:
    """Tell up to which moment a bundle knows; NotFound where it is gone."""
    if bundle_id == NO_BUNDLE:
        return 0
    return Bundle.load(home.bundles(journal.program.program_id) / bundle_id).as_of_ms
