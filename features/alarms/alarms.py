"""The alarms of one program: fed with the journal's records, asked about the next event."""

from __future__ import annotations

import json
from array import array
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.alarms.finding import CODE_FILE_STALE, POINTS_JUMP, Finding
from features.alarms.habit import Habit
from features.alarms.keeping import (
    usual_from_list,
    usual_to_list,
    watch_from_list,
    watch_to_list,
)
from features.alarms.known import Campaign, Campaigns, Codes, Members
from features.alarms.reading import (
    AT,
    COLUMNS_READ,
    REDEMPTION,
    REFERRAL,
    SCAN,
    Reading,
    code_subjects,
    price_subjects,
    read,
    shared_keys,
)
from features.alarms.rules import JUMP, STALE
from features.alarms.usual import FAR, Usual
from features.alarms.watch import Watch
from features.alarms.window import Sighting
from features.records import COLUMN, KINDS, SCORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from features.alarms.alarm import Subject
    from features.alarms.reading import Subjects
    from features.places import Ints

MOST_PRICES: Final = 8_192
"""Products whose usual points are remembered, those seen last."""
DECLARED: Final = 3.0
"""A declared multiplier excuses up to so many times the usual; above, it may itself be the
mistyped figure."""
TOGETHER: Final = 1_024
"""Rows turned into plain integers at a time: they fit into a fast cache."""
_MEMBER, _CODE, _CAMPAIGN = (KINDS.index(name) for name in ("member", "code", "campaign"))
_KIND: Final = COLUMN["kind"]
_READ: Final = np.array([*range(SCORED), _MEMBER, _CODE, _CAMPAIGN])


class Alarms:
    """What the program itself got wrong, as far as the records before an event tell.

    Nothing here reads a clock or draws a number; how the stream is cut does not matter.

    Examples
    --------
    >>> alarms = Alarms()
    >>> alarms.open_for(np.zeros(len(COLUMN), dtype=np.int64)), alarms.findings()
    ((), [])
    """

    def __init__(self) -> None:
        self.members = Members()
        self.codes = Codes()
        self.campaigns = Campaigns()
        self.usuals: OrderedDict[int, Usual] = OrderedDict()
        self.doubts = Habit()
        self.jumps = Watch(JUMP)
        self.stale = Watch(STALE)

    def note(self, records: Ints) -> None:
        """Take records in: one of shape (columns,), or several of shape (n, columns) in order."""
        if records.ndim == 1:
            self._note(records.take(COLUMNS_READ).tolist())
            return
        for _, row in _rows(records):
            self._note(row)

    def ask(self, records: Ints, wanted: npt.NDArray[np.bool_]) -> list[tuple[str, ...]]:
        """Take records in, shape (n, columns), and tell what explains each wanted event.

        As `open_for` tells before the event is taken in; ``wanted`` has shape (n,).
        """
        found = []
        for index, row in _rows(records):
            if wanted[index]:
                found.append(self._open(row))
            self._note(row)
        return found

    def open_for(self, record: Ints) -> tuple[str, ...]:
        """Codes of the alarms that explain an event not yet taken in, none of them its own doing.

        ``points_jump`` where the event's points per unit have jumped with its subject's, and not
        far beyond; or where a scan or redemption is of a member touched by an open jump and its
        own points per unit are usual: his sums of the day are the alarm's doing.
        ``code_file_stale`` where its code is in doubt and its subject's codes are.
        """
        if not self.jumps.open and not self.stale.open:
            return ()
        return self._open(record.take(COLUMNS_READ).tolist())

    def _open(self, row: Sequence[int]) -> tuple[str, ...]:
        if not self.jumps.open and not self.stale.open:
            return ()
        event, found = read(row), []
        if self.jumps.open and self._is_jump(event):
            found.append(POINTS_JUMP)
        if self.stale.open and self._is_stale(event):
            found.append(CODE_FILE_STALE)
        return tuple(found)

    def stale_since(self) -> dict[Subject, int]:
        """Moment of the first event of each open alarm on codes, by its subject."""
        return {alarm.subject: alarm.since for alarm in list(self.stale.open.values())}

    def explains_code(self, ms: int, code: int, batch: int, sku: int, member: int) -> bool:
        """Whether an open alarm explains the code of a scan that came before the alarm opened."""
        subjects = code_subjects(batch, sku, self.members.get(member)[0])
        alarm = self.stale.open_at(subjects, ms)
        return alarm is not None and alarm.since <= ms and self.codes.in_doubt(code, ms)

    def findings(self, as_of_ms: int | None = None) -> list[Finding]:
        """List every alarm, open and over, the oldest first.

        Parameters
        ----------
        as_of_ms : int, optional
            Alarms whose time ran out before it are over; else only records end them.
        """
        both = self.jumps.findings(as_of_ms) + self.stale.findings(as_of_ms)
        return sorted(both, key=lambda each: (each.since_ms, each.code))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give everything as arrays for a snapshot; `from_arrays` goes on as if nothing was."""
        rest = json.dumps({
            "campaigns": self.campaigns.rows,
            "usuals": [[price, usual_to_list(each)] for price, each in self.usuals.items()],
            "doubts": [list(self.doubts.last.items()), list(self.doubts.waiting)],
            "jumps": watch_to_list(self.jumps), "stale": watch_to_list(self.stale)})
        return {"alarm_members": np.array(self.members.slots, dtype=np.int32),
                "alarm_codes": np.array(self.codes.minutes, dtype=np.uint32),
                "alarm_rest": np.frombuffer(rest.encode(), dtype=np.uint8)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Alarms:
        """Alarms as `arrays` gave them; KeyError where an array is missing."""
        alarms = cls()
        alarms.members = Members(array("i", arrays["alarm_members"].tobytes()))
        alarms.codes = Codes(array("I", arrays["alarm_codes"].tobytes()))
        rest = json.loads(arrays["alarm_rest"].tobytes())
        alarms.campaigns = Campaigns([Campaign(*each) for each in rest["campaigns"]])
        for price, each in rest["usuals"]:
            alarms.usuals[price] = usual_from_list(each)
        alarms.doubts = Habit(OrderedDict((member, so) for member, so in rest["doubts"][0]),
                              [(ms, member) for ms, member in rest["doubts"][1]])
        alarms.jumps = watch_from_list(JUMP, rest["jumps"])
        alarms.stale = watch_from_list(STALE, rest["stale"])
        return alarms

    def _note(self, row: Sequence[int]) -> None:
        kind = row[AT["kind"]]
        if 0 <= kind < SCORED:
            event = read(row)
            if event.kind != REDEMPTION and event.points > 0:
                self._note_points(event)
            if event.kind == SCAN and event.code > 0 and self.codes:
                self._note_code(event)
        elif kind == _MEMBER:
            self.members.note(row)
        elif kind == _CODE:
            self.codes.note(row)
        elif kind == _CAMPAIGN:
            self.campaigns.note(row)

    def _note_points(self, event: Reading) -> None:
        member = self.members.get(event.member)
        running = self._running(event, member)
        usual = self._usual(event.price)
        rate, level = _plain_rate(event, running), usual.level
        if level and rate < FAR * level:
            self.jumps.note_usual(event.ms, event.member, _priced(event, member[0], running))
        elif level:
            keys = shared_keys(event, member, at_outlet=False)
            self.jumps.note(Sighting(
                event.ms, event.member, event.device > 0, keys,
                _priced(event, member[0], running), rate / level, event.points), 1.0)
        usual.note(event.member, rate, event.ms)

    def _note_code(self, event: Reading) -> None:
        member = self.members.get(event.member)
        doubt = self.codes.in_doubt(event.code, event.ms)
        subjects = code_subjects(event.batch, event.sku, member[0])
        if doubt:
            keys = shared_keys(event, member, at_outlet=True)
            seen = Sighting(event.ms, event.member, event.device > 0, keys, subjects, 1.0,
                            event.points)
            self.stale.note(seen, self.doubts.share)
        else:
            self.stale.note_usual(event.ms, event.member, subjects)
        self.doubts.note(event.member, doubt, event.ms)

    def _usual(self, price: int) -> Usual:
        usual = self.usuals.get(price)
        if usual is None:
            usual = self.usuals[price] = Usual()
            if len(self.usuals) > MOST_PRICES:
                self.usuals.popitem(last=False)
        else:
            self.usuals.move_to_end(price)
        return usual

    def _running(self, event: Reading, member: Sequence[int]) -> list[Campaign]:
        if not self.campaigns.rows:
            return []
        return self.campaigns.running(event.ms, event.sku, member[0], member[1])

    def _is_jump(self, event: Reading) -> bool:
        member = self.members.get(event.member)
        running = self._running(event, member)
        alarm = self.jumps.open_at(_priced(event, member[0], running), event.ms)
        usual = self.usuals.get(event.price)
        level = usual.level if usual is not None else 0.0
        if event.kind != REDEMPTION and level:
            size = _plain_rate(event, running) / level
            if size >= FAR:
                return alarm is not None and alarm.explains(size)
        return event.kind != REFERRAL and any(
            event.member in each.members and event.ms <= each.deadline
            for each in self.jumps.open.values())

    def _is_stale(self, event: Reading) -> bool:
        if event.kind != SCAN or event.code <= 0 or not self.codes.in_doubt(event.code, event.ms):
            return False
        region = self.members.get(event.member)[0]
        return self.stale.open_at(
            code_subjects(event.batch, event.sku, region), event.ms) is not None


def _rows(records: Ints) -> Iterator[tuple[int, list[int]]]:
    """Indices and plain columns of the records that alarms read."""
    known = np.flatnonzero(np.isin(records[:, _KIND], _READ))
    for start in range(0, len(known), TOGETHER):
        some = known[start:start + TOGETHER]
        yield from zip(some.tolist(), records[some[:, None], COLUMNS_READ].tolist(), strict=True)


def _priced(event: Reading, region: int, running: Sequence[Campaign]) -> Subjects:
    seqs = tuple([each.seq for each in running]) if running else ()
    return price_subjects(event.mission, event.sku, region, seqs)


def _plain_rate(event: Reading, running: Sequence[Campaign]) -> float:
    """Points per unit without what campaigns declare, as far as that is believed."""
    if not running:
        return event.rate
    declared = max(each.multiplier for each in running)
    return event.rate / min(max(declared, 1.0), DECLARED)
