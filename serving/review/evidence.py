"""Things that can be held against each other: codes, places, and claims that name the same thing.

Where goods were sent and where they were scanned; the invoice that came twice, side by side; the
code that somebody else claimed before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.contract import CODE_STATUSES
from features.places import place_ms
from serving.archive import Archive
from serving.review.alerts import parts
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from features.places import Ints
    from features.store.store import Store
    from serving.review.trail import Trail

EARTH_KM: Final = 6371.0088
"""Mean radius of the Earth (IUGG)."""
MILLION: Final = 1_000_000
MOST: Final = 60
"""Scans of a case that are shown with their places and codes."""
TWINS: Final = 6
"""Claims of one thing that are shown side by side."""


@dataclass(frozen=True)
class Claim:
    """A scan as it was claimed; None and empty are unknown.

    ``amount`` is in minor units of the currency, ``quantity`` in millionths.
    """

    event: int
    event_id: str
    member_id: str
    at_ms: int
    points: int
    status: str
    code: str
    invoice_no: str
    seller: str
    amount: int | None
    quantity: int | None
    lines: str
    attachment: str
    lat: float | None
    lon: float | None
    outlet: str


@dataclass(frozen=True)
class Trip:
    """Where the code of a scan was sent, and where it was scanned.

    ``km`` between the two, None where one of them is unknown; ``sent_ms`` None where it is.
    """

    claim: Claim
    code_status: str
    batch: str
    carton: str
    sent_to: str
    sent_ms: int | None
    sent_lat: float | None
    sent_lon: float | None
    km: float | None


@dataclass(frozen=True)
class Twins:
    """Claims that name the same thing, the first one first; ``mine`` are of this case.

    ``what`` is ``invoice`` or ``code``; ``differs`` names what they do not agree in.
    """

    what: str
    name: str
    claims: tuple[Claim, ...]
    mine: frozenset[str]
    differs: tuple[str, ...]
    more: int


class Evidence(WithinProgram):
    """Reads what the scans of a case can be held against.

    Parameters
    ----------
    store : Store
    program : int
    trail : Trail
    """

    def __init__(self, store: Store, program: int, trail: Trail) -> None:
        super().__init__(store, program)
        self._trail = trail

    def claims(self, events: Sequence[int]) -> list[Claim]:
        """Read some scans, the oldest first; numbers of other events are left out."""
        rows: list[tuple[object, ...]] = []
        for some in parts(events):
            rows += self._store.rows(
                "SELECT event_id, member_id, place, points, code_id, invoice_no, seller_id, "
                "amount, quantity, invoice_lines_hash, attachment_url, lat, lon, outlet_id "
                f"FROM scans WHERE program = ? AND event_id IN ({some})", (self._program,))
        rows.sort(key=lambda row: int(str(row[2])))
        archive = Archive(self._store, self._program)
        kinds = {0: "event", 1: "member", 4: "code", 5: "invoice_no", 6: "seller",
                 9: "invoice_lines_hash", 10: "attachment", 13: "outlet"}
        names = {at: archive.names(kind, (row[at] or 0 for row in rows))  # type: ignore[misc]
                 for at, kind in kinds.items()}
        status = {each.number: each.status for each in archive.events(
            [int(str(row[0])) for row in rows])}

        def text(row: tuple[object, ...], at: int) -> str:
            return names[at].get(row[at], "")  # type: ignore[call-overload]

        return [Claim(
            _int(row[0]), text(row, 0), text(row, 1), place_ms(_int(row[2])), _int(row[3]),
            status.get(_int(row[0]), ""), text(row, 4), text(row, 5), text(row, 6),
            None if row[7] is None else _int(row[7]), None if row[8] is None else _int(row[8]),
            text(row, 9), text(row, 10), _degrees(row[11]), _degrees(row[12]), text(row, 13))
            for row in rows]

    def trips(self, events: Sequence[int]) -> list[Trip]:
        """Say of scans with a known code where it was sent to; the farthest first."""
        claims = [claim for claim in self.claims(events[:MOST]) if claim.code]
        codes = self._codes([claim.event for claim in claims])
        archive = Archive(self._store, self._program)
        outlets = archive.names("outlet", (code[4] or 0 for code in codes.values()))
        batches = archive.names("batch", (code[2] or 0 for code in codes.values()))
        cartons = archive.names("carton", (code[7] or 0 for code in codes.values()))
        found = []
        for claim in claims:
            code = codes.get(claim.event)
            if code is None:
                continue
            lat, lon = _degrees(code[5]), _degrees(code[6])
            found.append(Trip(
                claim, CODE_STATUSES[code[1]] if code[1] is not None else "",
                batches.get(code[2] or 0, ""), cartons.get(code[7] or 0, ""),
                outlets.get(code[4] or 0, ""), code[3], lat, lon,
                distance_km(claim.lat, claim.lon, lat, lon)))
        return sorted(found, key=lambda trip: -(trip.km if trip.km is not None else -1))

    def _codes(self, events: Sequence[int]) -> dict[int, list[int | None]]:
        """Last that was told of the code of each scan: number, status, batch, dispatch."""
        found: dict[int, list[int | None]] = {}
        for some in parts(events):
            for event, *cells in self._store.rows(
                    "SELECT s.event_id, k.code_id, k.status, k.batch_id, k.dispatched_at, "
                    "k.dispatched_outlet_id, k.dispatched_lat, k.dispatched_lon, k.carton_id "
                    "FROM scans s CROSS JOIN codes k WHERE s.program = ? "
                    f"AND s.event_id IN ({some}) AND k.program = s.program "
                    "AND k.code_id = s.code_id ORDER BY k.place, k.seq", (self._program,)):
                own = found.setdefault(int(event), [None] * len(cells))
                for at, cell in enumerate(cells):
                    own[at] = own[at] if cell is None else cell
        return found

    def twins(self, events: Sequence[int]) -> list[Twins]:
        """Find what else was claimed with the invoices and codes of a case."""
        mine = frozenset(events)
        found = []
        for what in ("invoice", "code"):
            rows = self._trail.rows("event", events)
            numbers = self._trail.column(what, rows)
            same = self._trail.rows(what, numbers.tolist())
            if len(same):
                found += self._together(what, same, mine)
        return found

    def _together(self, what: str, rows: Ints, mine: frozenset[int]) -> list[Twins]:
        by_thing: dict[int, list[int]] = {}
        for thing, event in zip(self._trail.column(what, rows).tolist(),
                                self._trail.column("event", rows).tolist(), strict=True):
            by_thing.setdefault(thing, []).append(event)
        several = [each for each in by_thing.values() if len(each) > 1]
        shown = [_chosen(each, mine) for each in several]
        claims = {claim.event: claim for claim in self.claims([one for each in shown
                                                               for one in each])}
        found = []
        for every, some in zip(several, shown, strict=True):
            own = tuple(claims[one] for one in some if one in claims)
            if len(own) > 1:
                name = own[0].invoice_no if what == "invoice" else own[0].code
                found.append(Twins(what, name, own,
                                   frozenset(one.event_id for one in own if one.event in mine),
                                   differing(own), len(every) - len(some)))
        return found[:MOST]


def differing(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Name what some claims do not agree in, of what they all say."""
    found = []
    for name in ("member_id", "amount", "quantity", "lines", "attachment", "outlet"):
        said = {getattr(claim, name) for claim in claims} - {None, ""}
        if len(said) > 1:
            found.append(name)
    return tuple(found)


def distance_km(lat: float | None, lon: float | None, other_lat: float | None,
                other_lon: float | None) -> float | None:
    """Great-circle distance by the haversine formula; None where a place is unknown.

    >>> round(distance_km(-6.2, 106.8, -7.25, 112.75))  # Jakarta to Surabaya
    667
    """
    if lat is None or lon is None or other_lat is None or other_lon is None:
        return None
    one, other = math.radians(lat), math.radians(other_lat)
    part = (math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other)
            * math.sin(math.radians(other_lon - lon) / 2) ** 2)
    return 2 * EARTH_KM * math.asin(math.sqrt(part))


def _chosen(events: Sequence[int], mine: Iterable[int]) -> list[int]:
    """The first claim, those of the case, and others up to `TWINS`."""
    ours = [one for one in events[1:] if one in frozenset(mine)]
    others = [one for one in events[1:] if one not in frozenset(mine)]
    return sorted({*events[:1], *(ours + others)[: TWINS - 1]}, key=list(events).index)


def _int(cell: object) -> int:
    return int(str(cell))


def _degrees(cell: object) -> float | None:
    return None if cell is None else _int(cell) / MILLION
