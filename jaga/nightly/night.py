"""A night: the moment that all steps know, the day it is named by, and where its files lie."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.members.calendar_days import day_start, local_days
from serving.nudges.kept import nights_of

if TYPE_CHECKING:
    from pathlib import Path

    from features.exports.program import Program
    from features.store.home import Home


@dataclass(frozen=True)
class Night:
    """One night of one program.

    Parameters
    ----------
    program_id : str
    as_of_ms : int
        UTC milliseconds; what was known before this moment is all that its steps know.
    day : str
        Names the night: the local day that was over at ``as_of_ms``, ISO; of a moment inside of
        a day, that day and the time.
    folder : Path
        Where what it writes lies, its record too.
    """

    program_id: str
    as_of_ms: int
    day: str
    folder: Path

    @classmethod
    def of(cls, home: Home, program: Program, as_of_ms: int) -> Night:
        """The night of a moment.

        Examples
        --------
        >>> from features.exports.program import Program
        >>> from features.store.home import Home
        >>> acme = Program(program_id="acme", timezone="Asia/Jakarta")
        >>> Night.of(Home("a-home"), acme, 1_751_302_800_000).day
        '2025-06-30'
        >>> Night.of(Home("a-home"), acme, 1_751_306_400_000).day
        '2025-07-01T010000'
        """
        last = dt.datetime.fromtimestamp((as_of_ms - 1) / 1000, program.zone)
        moment = dt.datetime.fromtimestamp(as_of_ms / 1000, program.zone)
        is_midnight = as_of_ms == last_midnight(as_of_ms, program)
        day = last.date().isoformat() if is_midnight else moment.strftime("%Y-%m-%dT%H%M%S")
        return cls(program.program_id, as_of_ms, day,
                   nights_of(home.path, program.program_id) / day)


def last_midnight(now_ms: int, program: Program) -> int:
    """The last midnight of a program's time zone at or before a moment, UTC milliseconds.

    >>> from features.exports.program import Program
    >>> last_midnight(1_751_306_400_000, Program(program_id="acme", timezone="Asia/Jakarta"))
    1751302800000
    """
    day = int(local_days(np.array([now_ms]), program.timezone)[0])
    return day_start(day, program.timezone)
