"""Rooms of simulated worlds: a country and trade by turns, a seed, and a folder for each."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.progress import Progress

STORIES: Final = ("electricians", "farmers", "installers", "resellers", "retail")
"""Worlds by turns, so that no figure is one country's."""


@dataclass(frozen=True)
class Room:
    """One world's story, its seed, and the folder in which it is made."""

    story: str
    seed: int
    folder: Path


def rooms(data: Path | None, seed: int, worlds: int, progress: Progress, first: int = 0
          ) -> Iterator[Room]:
    """Hand out rooms for worlds of seeds ``seed``, ``seed + 1`` and so on, one after the other.

    Parameters
    ----------
    data : Path or None
        Where the folders are; None: a temporary place that goes with the last room.
    first : int
        Which of `STORIES` is the first world's; they take turns from there.

    Examples
    --------
    >>> from features.progress import silent
    >>> [(room.story, room.seed) for room in rooms(Path(), 8, 2, silent, first=4)]
    [('retail', 8), ('electricians', 9)]
    """
    with tempfile.TemporaryDirectory(prefix="jaga-worlds-") as scratch:
        for number in range(worlds):
            story = STORIES[(first + number) % len(STORIES)]
            yield Room(story, seed + number, (data or Path(scratch)) / f"{story}-{seed + number}")
            progress("worlds", number + 1, worlds)
