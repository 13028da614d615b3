"""What is tried on the journal: a bundle with its policy, and the lists it meets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from features.errors import BadInput, NotFound
from models.champion import bundles
from serving.champion import load_bundle, load_champion
from serving.codebatches import CodeBatches
from serving.listed import Listed
from serving.listentry import read_list
from serving.policies import examined, with_policy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from features.engine.declarations import Catalog
    from features.store.home import Home
    from features.store.journal import Journal
    from models.bundle import Bundle

IN_FORCE: Final = "in force"
"""Name of what judges the program today."""
SHOWN: Final = 5
"""Unknown subjects of a list that are named."""


@dataclass(frozen=True)
class Candidate:
    """One way to judge, taken to be in force from the journal's start.

    Parameters
    ----------
    name : str
    bundle : Bundle
        Bound to the journal's catalogue, with the policy to try.
    listed : Listed or None
        Lists in place of the journal's own; None: those.
    """

    name: str
    bundle: Bundle
    listed: Listed | None = None


def candidates(
    home: Home, journal: Journal, catalog: Catalog, policies: Sequence[Path] = (),
    bundle_id: str | None = None, lists: Path | None = None,
) -> tuple[list[Candidate], list[str]]:
    """Read what is in force and what is to be tried; what is not named stays as in force.

    Parameters
    ----------
    policies : sequence of Path
        A candidate each, all with the same bundle and lists.
    bundle_id : str or None
        A bundle of the program.
    lists : Path or None
        A whole list as of `serving.listentry.read_list`; an entry without a beginning acts from
        the start.

    Returns
    -------
    candidates : list of Candidate
        What is in force first.
    notes : list of str
        What was resolved in reading them, in sentences.

    Raises
    ------
    NotFound
        Where the program has no champion, or no bundle of that id.
    BadConfig
        Where a policy contradicts itself, its program or its bundle.
    BadInput
        Where a file can't be read, or an entry of the list breaks its rules.
    """
    champion = load_champion(home, journal, catalog)
    bundle = champion if bundle_id is None else _bundle(home, journal, catalog, bundle_id)
    listed, notes = (None, []) if lists is None else _lists(journal, lists)
    found = [Candidate(IN_FORCE, champion)]
    for path in policies:
        own = replace(bundle, policy=examined(_text(path), journal.program, bundle.thresholds,
                                              path.name))
        found.append(Candidate(_name(own, bundle_id, lists), own, listed))
    if not policies and (bundle_id is not None or lists is not None):
        found.append(Candidate(_name(None if bundle_id is None else bundle, bundle_id, lists),
                               bundle, listed))
    return _told_apart(found), notes


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("a policy.yaml in UTF-8", f"{path.name}: {type(error).__name__}",
                       "name a file that can be read") from error


def _bundle(home: Home, journal: Journal, catalog: Catalog, bundle_id: str) -> Bundle:
    known = bundles(home.bundles(journal.program.program_id))
    if bundle_id not in known:
        raise NotFound("the id of a bundle",
                       f"{bundle_id}; there are: {', '.join(known) or 'none'}", "name one of them")
    return with_policy(journal, load_bundle(home, journal, bundle_id, catalog))


def _lists(journal: Journal, path: Path) -> tuple[Listed, list[str]]:
    listed = Listed.from_rows(read_list(path, journal.program), journal.number)
    with journal.database.reading() as store:
        listed.codes = CodeBatches.read(store, journal.key, listed.watched)
    unknown = listed.unknown
    if not unknown:
        return listed, []
    named = ", ".join(unknown[:SHOWN]) + (", ..." if len(unknown) > SHOWN else "")
    return listed, [f"{path.name} lists {len(unknown)} that the journal never named ({named}); "
                    "they touch no event and are left out."]


def _name(bundle: Bundle | None, bundle_id: str | None, lists: Path | None) -> str:
    """Name a candidate by what differs from what is in force."""
    parts = [] if bundle is None else [f"policy {bundle.policy.version}"]
    parts += [] if bundle_id is None else [f"bundle {bundle_id}"]
    parts += [] if lists is None else [f"lists {lists.name}"]
    return ", ".join(parts)


def _told_apart(found: list[Candidate]) -> list[Candidate]:
    """Number candidates of the same name."""
    names = [each.name for each in found]
    return [each if names.count(each.name) == 1
            else replace(each, name=f"{each.name} ({names[:at].count(each.name) + 1})")
            for at, each in enumerate(found)]
