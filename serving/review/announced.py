"""Campaigns that the program announced: which go on, which somebody ended, and what they reach."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.contract import CAMPAIGN_KINDS
from features.places import MISSING, known_place, place_ms
from features.store.head import read_head
from serving.archive import Archive
from serving.review.alerts import OpenAlerts
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from features.store.store import Store
    from serving.review.alerts import Open

_COLUMNS = "campaign_id, kind, starts_at, ends_at, persona, region, sku, place"


class Announced(NamedTuple):
    """A campaign as it is known now.

    Parameters
    ----------
    number : int
    campaign_id, kind : str
        ``kind`` is ``season``, ``campaign`` or ``festival``.
    starts_ms, ends_ms : int
    persona, region, sku : int or None
        Whom and what it is for; None: everybody, everything.
    until_ms : int or None
        When it was to end, where the desk ended it before and that is still to come.
    """

    number: int
    campaign_id: str
    kind: str
    starts_ms: int
    ends_ms: int
    persona: int | None
    region: int | None
    sku: int | None
    until_ms: int | None

    @property
    def is_paused(self) -> bool:
        """Whether the desk ended it, and it could go on."""
        return self.until_ms is not None

    def goes_on(self, now_ms: int) -> bool:
        """Whether there is anything left of it to end."""
        return self.ends_ms > max(now_ms, self.starts_ms)


class Campaigns(WithinProgram):
    """Reads the announced campaigns of one program inside a transaction."""

    def standing(self, now_ms: int) -> list[Announced]:
        """List campaigns that go on, are to come, or were ended at the desk; the next end first."""
        paused = self._paused()
        versions: dict[int, list[Sequence[int | None]]] = {}
        place = max(known_place(now_ms), read_head(self._store, self._program).place)
        for number, *row in self._store.rows(
                f"SELECT {_COLUMNS} FROM campaigns WHERE program = ? AND place <= ? "
                "ORDER BY place, seq", (self._program, place)):
            versions.setdefault(int(number), []).append(row)
        names = Archive(self._store, self._program).names("campaign", versions)
        found = []
        for number, rows in versions.items():
            until = _until(rows, now_ms) if number in paused else None
            kind, starts, ends, persona, region, sku, _ = rows[-1]
            one = Announced(number, names.get(number, ""), CAMPAIGN_KINDS[int(kind or 0)],
                            int(starts or 0), int(ends or 0), _known(persona), _known(region),
                            _known(sku), until)
            if one.is_paused or one.goes_on(now_ms):
                found.append(one)
        return sorted(found, key=lambda one: (one.until_ms or one.ends_ms, one.number))

    def reached(self, one: Announced, alerts: Open) -> npt.NDArray[np.bool_]:
        """Which alerts are of events that a campaign is about, shape (n,)."""
        ms = np.array([place_ms(place) for place in alerts["place"].tolist()], dtype=np.int64)
        found = (ms >= one.starts_ms) & (ms < one.ends_ms)
        for wanted, came in ((one.persona, alerts["persona"]), (one.region, alerts["region"])):
            if wanted is not None:
                found &= came == wanted
        if one.sku is not None and found.any():
            sold = self._store.ints(
                "SELECT c.event_id FROM cases c CROSS JOIN scans s WHERE c.program = ? "
                "AND s.program = c.program AND s.event_id = c.event_id AND s.sku = ?",
                (self._program, one.sku), 1)[:, 0]
            found &= np.isin(alerts["event"], sold)
        return np.asarray(found)

    def reach(self, number: int, now_ms: int) -> tuple[int, int]:
        """Count the open alerts that a campaign is about, and their members."""
        one = next((each for each in self.standing(now_ms) if each.number == number), None)
        if one is None:
            return 0, 0
        alerts = OpenAlerts(self._store, self._program).read()
        mine = self.reached(one, alerts)
        return int(mine.sum()), len(set(alerts["member"][mine].tolist()))

    def until(self, number: int, now_ms: int) -> int | None:
        """Find when a campaign that the desk ended was to end; None where that is none or past."""
        return next((each.until_ms for each in self.standing(now_ms) if each.number == number),
                    None)

    def _paused(self) -> frozenset[int]:
        """Campaigns that somebody ever ended at the desk."""
        return frozenset(int(json.loads(row[0])["campaign"]) for row in self._store.rows(
            "SELECT body FROM desk_actions WHERE program = ? AND act = 'pause_campaign' "
            "AND status = 'done'", (self._program,)))


def _until(rows: Sequence[Sequence[int | None]], now_ms: int) -> int | None:
    """End of the version before the one that ended a campaign; None where that is none or past."""
    if len(rows) < 2:
        return None
    (starts, ends), before = rows[-1][1:3], rows[-2][2]
    is_over = int(ends or 0) <= max(now_ms, int(starts or 0))
    return int(before) if is_over and before is not None and int(before) > now_ms else None


def _known(cell: int | None) -> int | None:
    return None if cell is None or cell == MISSING else int(cell)


def campaigns_of(store: Store, program: int, alerts: Open, rows: Sequence[int], now_ms: int
                 ) -> list[Announced]:
    """List campaigns that events of a case fall under.

    Parameters
    ----------
    store : Store
    program : int
        Key of the program.
    alerts : Open
        Of the whole queue.
    rows : sequence of int
        Those of the case.
    now_ms : int
    """
    reads = Campaigns(store, program)
    mine = alerts.take(rows)
    return [one for one in reads.standing(now_ms) if reads.reached(one, mine).any()]
