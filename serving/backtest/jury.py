"""One candidate at work: the very functions of live verdicts, without the words."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from models.judgement import weigh
from serving.backtest.swept import Notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from features.exports.program import Program
    from features.places import Ints
    from models.decision import Enforcement
    from models.occasion import Marks, Occasion
    from serving.backtest.candidate import Candidate
    from serving.listed import Listing


class Juror:
    """Judges events in the order of their places.

    Parameters
    ----------
    candidate : Candidate
    program : Program
    enforcement : str or None
        None: as the policy's own rules say.
    """

    def __init__(self, candidate: Candidate, program: Program,
                 enforcement: Enforcement | None) -> None:
        self.candidate = candidate
        self.notes = Notes()
        self._program = program
        self._enforcement = enforcement
        self._draws = bool(candidate.bundle.policy.random_release.share)
        self._day: dt.date | None = None
        self._released = 0

    @staticmethod
    def relisted(occasion: Occasion, listing: Listing) -> Occasion:
        """Occasion under other lists."""
        return occasion._replace(denied=listing.denied, allowed=listing.allowed,
                                 snoozed=listing.snoozed, watched=listing.watched)

    def judge(self, rows: Ints, occasions: Sequence[Occasion], matrix: npt.NDArray[np.float64],
              marks: Sequence[Marks]) -> None:
        """Judge events and note what was not approved.

        Parameters
        ----------
        rows : shape (n,)
            Positions among all events.
        occasions, marks : n of each
        matrix : shape (n, features)
        """
        bundle = self.candidate.bundle
        for row, occasion, vector, own in zip(rows.tolist(), occasions, matrix, marks,
                                              strict=True):
            told = self._today(occasion) if self._draws else occasion
            decision = weigh(bundle, self._program, told, vector, enforcement=self._enforcement,
                             marks=own).decision
            self._released += decision.released
            self.notes.add(row, decision)

    def _today(self, occasion: Occasion) -> Occasion:
        """Tell an occasion of this candidate's own releases before it on its day."""
        day = dt.datetime.fromtimestamp(occasion.recorded_ms / 1000, self._program.zone).date()
        if day != self._day:
            self._day, self._released = day, 0
        return occasion._replace(released_today=self._released)
