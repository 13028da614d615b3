"""Four eyes: which acts wait for a second person, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from models.insiders.jobs import newest_findings
from serving.archive import Archive
from serving.review.linked import Linked
from serving.review.parties import Involved

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from features.store.store import Store

Why = Literal["amount", "insider"]
NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Insiders:
    """People inside whom the last daily look found, and members it found with them; by id.

    Parameters
    ----------
    agents : frozenset of str
        Staff accounts, reviewers among them.
    members : frozenset of str
        Field reps, and members they had to do with.
    """

    agents: frozenset[str] = NOBODY
    members: frozenset[str] = NOBODY


def read_insiders(folder: Path | None) -> Insiders:
    """Read whom the last daily look found; nobody where there was none."""
    found = newest_findings(folder) if folder is not None else []
    reps = {each["staff_id"] for each in found if each["role"] == "member"}
    return Insiders(
        frozenset(each["staff_id"] for each in found if each["role"] == "agent"),
        frozenset(reps.union(*(each["members"] for each in found))))


def why_second(store: Store, program: int, events: Collection[int], points: int, most: int,
               author: str, insiders: Insiders) -> Why | None:
    """Say why an act waits for a second person; None: it does not.

    Parameters
    ----------
    store : Store
    program : int
        Key of the program.
    events : collection of int
    points : int
        At stake, with what its author decided lately of the same matter: `Stake.total`.
    most : int
        The most that one person decides on alone.
    author : str
        Who acts; one who was found himself is never alone.
    insiders : Insiders
    """
    if points > most:
        return "amount"
    if author in insiders.agents:
        return "insider"
    parties = Involved(store, program).in_events(events)
    if parties.members & Linked(store, program).everybody():
        return "insider"
    archive = Archive(store, program)
    of_staff = insiders.agents & set(archive.names("agent", parties.agents).values())
    of_members = insiders.members & set(archive.names("member", parties.members).values())
    return "insider" if of_staff or of_members else None
