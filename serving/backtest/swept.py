"""What one pass over the journal found: its events, and what each candidate did with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from models.answers import Outcome
from serving.held import bits_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from features.places import Ints
    from models.decision import Decision

    Bools = npt.NDArray[np.bool_]

WORDS: Final = tuple(outcome.value for outcome in Outcome)
"""Verdicts in the order of their integers: approve, review, decline."""


@dataclass(frozen=True)
class Events:
    """Judged events of the journal in the order of their places; some 50 bytes each.

    Parameters
    ----------
    event, member : int64, shape (n,)
        Numbers in the journal.
    kind, persona : int8, shape (n,)
        Position in ``EVENT_KINDS`` and ``PERSONAS``, -1 where the persona is not known.
    points, ms : int64, shape (n,)
        What is asked for; the server's clock.
    innocent : int32, shape (n,)
        Bits of `serving.backtest.innocent.INNOCENT`.
    """

    event: Ints
    member: Ints
    kind: npt.NDArray[np.int8]
    persona: npt.NDArray[np.int8]
    points: Ints
    ms: Ints
    innocent: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.event)


@dataclass(frozen=True)
class Acts:
    """What one candidate did with each event; beyond approvals nothing is rare enough to skip.

    Parameters
    ----------
    verdict, would_have : int8, shape (n,)
        Positions in `WORDS`.
    grounds : uint16, shape (n,)
        Bits of `serving.held.GROUNDS`.
    held : int64, shape (n,)
        Points held.
    released : bool, shape (n,)
        Let through by chance.
    """

    verdict: npt.NDArray[np.int8]
    would_have: npt.NDArray[np.int8]
    grounds: npt.NDArray[np.uint16]
    held: Ints
    released: Bools

    @property
    def is_held(self) -> Bools:
        """Events of which anything is held or declined."""
        return np.asarray(self.verdict > 0)


@dataclass
class Notes:
    """Acts of a candidate while they are gathered; approvals are left out."""

    rows: list[int] = field(default_factory=list)
    cells: list[tuple[int, int, int, int, bool]] = field(default_factory=list)

    def add(self, row: int, decision: Decision) -> None:
        """Write down what was decided on an event."""
        if decision.would_have is Outcome.APPROVE and decision.verdict is Outcome.APPROVE:
            return
        self.rows.append(row)
        self.cells.append((WORDS.index(decision.verdict.value),
                           WORDS.index(decision.would_have.value), bits_of(decision.grounds),
                           decision.points_held, decision.released))

    def acts(self, count: int) -> Acts:
        """Spread them over all events."""
        cells = np.array(self.cells, dtype=np.int64).reshape(-1, 5)
        whole = np.zeros((5, count), dtype=np.int64)
        whole[:, self.rows] = cells.T
        return Acts(whole[0].astype(np.int8), whole[1].astype(np.int8), whole[2].astype(np.uint16),
                    whole[3].copy(), whole[4].astype(np.bool_))
