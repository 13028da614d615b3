"""The bundle that serves a program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from features.catalog import CATALOG, Catalog
from features.errors import JagaError, NotFound
from features.members.rhythm import MEMBER_CATALOG
from models.bundle import MANIFEST, Bundle
from models.champion import LOST_BUNDLE, NO_BUNDLE, bundles, champion, is_bare
from models.thresholds import Thresholds
from serving.policies import with_policy

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.home import Home
    from features.store.journal import Journal

LATELY: Final = 1_000
"""Last verdicts that are asked whether a bundle gave one of them."""


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


def bare_bundle(journal: Journal, bundle_id: str = NO_BUNDLE,
                thresholds: Thresholds | None = None) -> Bundle:
    """Make what judges where no champion can: proof, missing facts and caps, no scores.

    It reads `CATALOG`, the features of every program: a wrong declaration can't stop it.

    Parameters
    ----------
    journal : Journal
    bundle_id : str
        ``none`` for a program that never had a champion, ``lost:ID`` for one that had; ``lost``
        where nobody knows which.
    thresholds : Thresholds, optional
        Of the champion that is lost: the points that are usual, for the policy's ``fail``.
    """
    return Bundle(journal.program.program_id, 0, dict(CATALOG.hashes), dict(CATALOG.families),
                  thresholds=thresholds or Thresholds(), bundle_id=bundle_id)


def bundle_without_champion(home: Home, journal: Journal) -> Bundle:
    """Make what judges in place of a champion: `bare_bundle` where there never was one.

    Else `lost_bundle`: there was one where the home names it, holds a bundle, or one gave a
    verdict lately.
    """
    root = home.bundles(journal.program.program_id)
    if champion(root) is None and not bundles(root) and not _gave_verdicts(journal):
        return bare_bundle(journal)
    return lost_bundle(home, journal)


def lost_bundle(home: Home, journal: Journal) -> Bundle:
    """Make what judges where the champion can't be read, with the usual points it knew.

    Its id names the champion, so that its verdicts can be derived again once another one serves.
    """
    found = champion(home.bundles(journal.program.program_id))
    return bare_bundle(journal, LOST_BUNDLE) if found is None else _lost(journal, found)


def bundle_of_bare(home: Home, journal: Journal, bundle_id: str) -> Bundle:
    """Make again what gave a verdict without a champion, by the id that the verdict names."""
    lost = bundle_id.partition(":")[2]
    if not lost:
        return bare_bundle(journal, bundle_id)
    return _lost(journal, home.bundles(journal.program.program_id) / lost)


def _lost(journal: Journal, folder: Path) -> Bundle:
    return bare_bundle(journal, f"{LOST_BUNDLE}:{folder.name}", _salvaged(folder))


def _gave_verdicts(journal: Journal) -> bool:
    """Whether a bundle judged one of the last events."""
    with journal.database.reading() as store:
        return any(bundle_id != NO_BUNDLE for (bundle_id,) in store.rows(
            "SELECT bundle_id FROM verdicts WHERE program = ? ORDER BY place DESC LIMIT ?",
            (journal.key, LATELY)))


def _salvaged(folder: Path) -> Thresholds:
    """Usual points of a damaged bundle, as far as its manifest can be read."""
    try:
        known = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["thresholds"]
        return Thresholds(usual_points=dict(Thresholds.from_json(known).usual_points))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, JagaError):
        return Thresholds()


def as_of_ms(home: Home, journal: Journal, bundle_id: str) -> int:
    """Tell up to which moment a bundle knows; NotFound where it is gone."""
    if is_bare(bundle_id):
        return 0
    return Bundle.load(home.bundles(journal.program.program_id) / bundle_id).as_of_ms
