"""How far each bundle was trusted when: rows that are only added, each known from its moment on.

A verdict that is derived again, a replay and a backtest so find the trust of the event's own
moment. A row acts on events whose place lies in its moment or later; what settles one waits for
its turn to write and never dates it before the journal's last event, so no verdict given without
it is ever derived with it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from features.places import place_ms
from models.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.store.store import Store

_COLUMNS = "bundle_id, weight, code, known_ms"


class TrustHistory:
    """The trust in each bundle over time.

    Parameters
    ----------
    rows : iterable of Trust
        In the order they were written.

    Examples
    --------
    >>> history = TrustHistory([Trust("a", 0.5, "parity", 100), Trust("a", 1.0, "sound", 300)])
    >>> [len(history.lowered(ms)) for ms in (99, 100, 299, 300)]
    [0, 1, 1, 0]
    """

    def __init__(self, rows: Iterable[Trust] = ()) -> None:
        self._rows = tuple(rows)
        self._known = [row.known_ms for row in self._rows]
        self._at: tuple[int, tuple[Trust, ...]] = (0, ())

    @classmethod
    def read(cls, store: Store, program: int) -> TrustHistory:
        """All rows of a program, inside a transaction."""
        return cls(Trust(str(bundle), float(weight), str(code), int(ms))
                   for bundle, weight, code, ms in store.rows(
                       f"SELECT {_COLUMNS} FROM trust WHERE program = ? ORDER BY number",
                       (program,)))

    @property
    def last_ms(self) -> int:
        """Moment of the last row, 0 before the first."""
        return self._known[-1] if self._known else 0

    def __len__(self) -> int:
        return len(self._rows)

    def heed(self, store: Store, program: int) -> TrustHistory:
        """The history with what was added since; the same one where nothing was."""
        if head(store, program) == len(self):
            return self
        return TrustHistory.read(store, program)

    def lowered(self, ms: int) -> tuple[Trust, ...]:
        """The last row of each bundle known at a moment, of those that lower it."""
        count = bisect_right(self._known, ms)
        known, found = self._at
        if known != count:
            last = {row.bundle_id: row for row in self._rows[:count]}
            found = tuple(row for row in last.values() if row.is_lowered)
            self._at = count, found
        return found

    def of(self, bundle_id: str, ms: int) -> Trust:
        """Trust in a bundle at a moment; full where nobody ever said otherwise."""
        found = [row for row in self._rows[:bisect_right(self._known, ms)]
                 if row.bundle_id == bundle_id]
        return found[-1] if found else Trust(bundle_id)

    def rows(self, bundle_id: str) -> list[Trust]:
        """Everything that was settled on a bundle, oldest first."""
        return [row for row in self._rows if row.bundle_id == bundle_id]


def head(store: Store, program: int) -> int:
    """Number of the last row, 0 before the first: one look at a key."""
    return int(store.rows("SELECT max(number) FROM trust WHERE program = ?", (program,))[0][0] or 0)


def settle_trust(store: Store, program: int, trust: Trust) -> Trust | None:
    """Write down how far a bundle is trusted from now on; None where that is so already.

    Parameters
    ----------
    store : Store
        A transaction that writes.
    program : int
        Key of the program.
    trust : Trust
        Its moment is moved behind the journal's last event and the row before.

    Examples
    --------
    >>> import tempfile
    >>> from features.exports.program import Program
    >>> from features.store.home import Home
    >>> home = Home(tempfile.mkdtemp())
    >>> journal = home.create(Program(program_id="acme"))
    >>> with home.database.writing() as store:
    ...     low = Trust("b", 0.5, "score_drift", 1000)
    ...     settle_trust(store, journal.key, low).known_ms, settle_trust(store, journal.key, low)
    (1000, None)
    >>> home.close()
    """
    store.take_turn(program)
    history = TrustHistory.read(store, program)
    rows = history.rows(trust.bundle_id)
    now = rows[-1] if rows else Trust(trust.bundle_id)
    if (now.weight, now.code) == (trust.weight, trust.code):
        return None
    last = int(store.rows("SELECT last_place FROM programs WHERE program = ?", (program,))[0][0])
    known = max(trust.known_ms, place_ms(last) + 1, history.last_ms)
    settled = trust._replace(known_ms=known)
    store.run(f"INSERT INTO trust (program, number, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
              (program, len(history) + 1, *settled))
    return settled
