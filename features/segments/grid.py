"""A grid: one count a segment and local day, for every segment of a kind that is large enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.segments.past import MEMBER_KINDS

if TYPE_CHECKING:
    import pandas as pd

    from features.places import Ints

Floats = npt.NDArray[np.float64]
EVENT_SEGMENTS: Final = ("sku", "batch", "reward", "reward_kind")
"""Kinds of segment that an event names itself."""
KINDS: Final = ("program", *MEMBER_KINDS, *EVENT_SEGMENTS)
"""Every kind of segment, the widest first; a campaign is one too, where it is over."""
WORDS: Final = ("persona", "tier", "reward_kind")
"""Kinds whose segments are words of the contract by position; the others are ids, 0 unknown."""


@dataclass(frozen=True)
class Grid:
    """Days and segments of one kind, and which row of it each thing counted is in.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    segments : shape (s,)
        Their numbers in the journal, or positions of words; of the program 0.
    first : int
        The first day, local days since 1970.
    days : int
    """

    kind: str
    segments: Ints
    first: int
    days: int

    @classmethod
    def of(cls, kind: str, frame: pd.DataFrame, first: int, until: int, least: float = 1) -> Grid:
        """Choose the segments with at least so many rows in a frame with a column ``kind``.

        Parameters
        ----------
        first, until : int
            Days, ``until`` excluded.

        Examples
        --------
        >>> import pandas as pd
        >>> Grid.of("region", pd.DataFrame({"region": [4, 4, 0, 7]}), 0, 3, least=2).segments
        array([4])
        """
        numbers, counts = np.unique(codes_of(frame, kind), return_counts=True)
        wanted = (numbers >= (0 if kind in ("program", *WORDS) else 1)) & (counts >= least)
        return cls(kind, numbers[wanted], first, max(until - first, 0))

    def count(
        self, frame: pd.DataFrame, weights: Any = None, strata: Any = None, depth: int = 1
    ) -> Floats:
        """Count the rows of a frame, which has a ``day``, by segment and day.

        Parameters
        ----------
        weights : shape (n,), optional
            What each row counts for; 1 if left out.
        strata : shape (n,), optional
            A part from 0 to ``depth - 1`` of each row, to count apart.

        Returns
        -------
        shape (segments, days), or (segments, depth, days) with strata
        """
        size = (len(self.segments), depth, self.days)
        if not all(size):
            out = np.zeros(size)
        else:
            row, inside = self.rows(frame)
            part = np.zeros(len(frame), dtype=np.int64) if strata is None else strata
            flat = (row * depth + part) * self.days + frame["day"].to_numpy() - self.first
            given = None if weights is None else np.asarray(weights, dtype=np.float64)[inside]
            out = np.bincount(flat[inside], given, int(np.prod(size))).astype(np.float64)
            out = out.reshape(size)
        return out if strata is not None else out[:, 0]

    def rows(self, frame: pd.DataFrame) -> tuple[Ints, Any]:
        """Row of the grid of each row of a frame, and which of them are in it at all."""
        code, day = codes_of(frame, self.kind), frame["day"].to_numpy()
        row = np.minimum(np.searchsorted(self.segments, code), max(len(self.segments) - 1, 0))
        inside = (day >= self.first) & (day < self.first + self.days)
        return row, inside & (self.segments[row] == code)


def codes_of(frame: pd.DataFrame, kind: str) -> Ints:
    """Segment of each row; the program is one segment, 0."""
    if kind == "program":
        return np.zeros(len(frame), dtype=np.int64)
    return frame[kind].to_numpy(dtype=np.int64)
