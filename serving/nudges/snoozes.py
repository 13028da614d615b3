"""Nudges that somebody put to sleep: until a day, or until they grow by half."""

from __future__ import annotations

from typing import Final, NamedTuple

from features.errors import BadInput
from serving.within import WithinProgram

GROWN: Final = 1.5
"""Times its size at which a nudge that sleeps is told again: half as much more is news."""
LONGEST_DAYS: Final = 180
DAY_MS: Final = 86_400_000


class Snooze(NamedTuple):
    """One nudge asleep.

    Parameters
    ----------
    number : int
        From 1 on.
    nudge : str
        Its key.
    until_ms : int
        When it wakes by itself.
    size : float
        Its size when it was put to sleep, as `serving.nudges.nudge.Nudge.size`.
    author : str
    at_ms : int
        From when on it is known.
    """

    number: int
    nudge: str
    until_ms: int
    size: float
    author: str
    at_ms: int

    def holds(self, size: float, now_ms: int) -> bool:
        """Whether it still sleeps.

        >>> one = Snooze(1, "drop:region:4", 900, 100.0, "rina", 0)
        >>> one.holds(140.0, 899), one.holds(150.0, 899), one.holds(90.0, 900)
        (True, False, False)
        """
        return self.at_ms <= now_ms < self.until_ms and (
            size < GROWN * self.size or size <= self.size)


class Snoozes(WithinProgram):
    """Reads and writes of a program's snoozes inside a transaction; a newer one replaces."""

    def put(self, nudge: str, until_ms: int, size: float, by: str, now_ms: int) -> Snooze:
        """Put a nudge to sleep.

        Raises
        ------
        BadInput
            A moment that is over, or further than `LONGEST_DAYS` ahead.
        """
        if not now_ms < until_ms <= now_ms + LONGEST_DAYS * DAY_MS:
            raise BadInput(f"a moment within the next {LONGEST_DAYS} days", "another",
                           "choose another day")
        self._store.take_turn(self._program)
        number = int(self._store.rows(
            "SELECT COALESCE(MAX(snooze), 0) + 1 FROM nudge_snoozes WHERE program = ?",
            (self._program,))[0][0])
        made = Snooze(number, nudge, until_ms, size, by, now_ms)
        self._store.run("INSERT INTO nudge_snoozes (program, snooze, nudge, until_ms, size, "
                        "author, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)", (self._program, *made))
        return made

    def newest(self, now_ms: int) -> dict[str, Snooze]:
        """The last snooze of each nudge that was known at a moment, by its key."""
        rows = self._store.rows(
            "SELECT snooze, nudge, until_ms, size, author, at_ms FROM nudge_snoozes "
            "WHERE program = ? AND at_ms <= ? ORDER BY snooze", (self._program, now_ms))
        return {str(row[1]): Snooze(int(row[0]), str(row[1]), int(row[2]), float(row[3]),
                                    str(row[4]), int(row[5])) for row in rows}
