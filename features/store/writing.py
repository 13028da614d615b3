"""One transaction that adds to a journal, a whole table or a single live event."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.contract import EVENT_KINDS, EVENT_TABLES, TABLES
from features.errors import BadInput, Conflict, NotFound
from features.places import MISSING, first_place, known_place
from features.progress import silent
from features.store.append import Appender
from features.store.derived import SPHERE, point_on_sphere
from features.store.duplicates import EVENT_ID_TABLES
from features.store.entities import Entities, Names
from features.store.facts import UNCOMPARED, body_columns, event_insert, unknown
from features.store.head import move_head, read_head
from features.store.normalise import KNOWN_AT, normalise, normalise_body
from features.store.rejects import Reject, reject_frame
from features.store.schema import DECISIONS
from features.store.stream import event_record, read_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

    from features.exports.program import Program
    from features.places import Ints
    from features.progress import Progress
    from features.store.counts import Counts
    from features.store.store import Store

_VERDICT: Final = (
    "INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, verdict, "
    "points_held, body, vector, decided_ms, release_chance, released) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_DECISION: Final = (
    'INSERT INTO decisions (program, place, seq, event_id, status, points_final, "by", reason, '
    "at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_KINDS: Final = {
    name: {column.name: column.kind for column in TABLES[name].columns}
    | {"invoice": "invoice", "claim": "claim"}
    for name in EVENT_TABLES
}


@dataclass(frozen=True)
class PreparedEvent:
    """An event with its numbers and its place, before it is stored.

    Parameters
    ----------
    name : str
        Its ``event_id``.
    table : str
        scans, referrals or redemptions.
    row : dict of str to int
        Stored columns; a column that is missing is unknown.
    record : int64 array, shape (len(records.COLUMNS),)
        What the feature kernel reads; ``outcome`` is MISSING.
    place, seq : int
        Where it stands in the stream.
    known : bool
        The journal has this event with this body already; it can't be inserted again.
    """

    name: str
    table: str
    row: dict[str, int]
    record: Ints
    place: int
    seq: int
    known: bool = False


class GivenVerdict(NamedTuple):
    """What was answered for an event, as it is stored.

    Parameters
    ----------
    event, place : int
        Number and place of the event.
    bundle_id, policy_version : str
        What judged it.
    verdict, points_held : int
        0 approve, 1 review, 2 decline; points not credited.
    body : bytes
        The answer, to the byte.
    vector : bytes
        The float64 features that were served.
    decided_ms : int
        The moment of the decision.
    release_chance, released
        Chance with which it was let through though behaviour held it, and whether it was: 0, 1.
    """

    event: int
    place: int
    bundle_id: str
    policy_version: str
    verdict: int
    points_held: int
    body: bytes
    vector: bytes
    decided_ms: int
    release_chance: float | None = None
    released: int = 0


class Writing:
    """Everything that one transaction adds to a journal.

    Parameters
    ----------
    store : Store
        The transaction; its owner commits it.
    key : int
        The program's key.
    program : Program
        Its settings.
    names : Names
        Numbers looked up before.

    Attributes
    ----------
    before, after : Head
        Where the journal stood when the turn of this transaction came, and where it stands once
        `finish` was called.
    is_taught : bool
        Whether it wrote anything but judged events, such as rows or an entry of the deny list.
    """

    def __init__(self, store: Store, key: int, program: Program, names: Names) -> None:
        self.store = store
        self.key = key
        self.program = program
        self.entities = Entities(store, key, names)
        store.take_turn(key)
        self.before = read_head(store, key)
        self.after = self.before
        self.is_taught = False
        self.appender = Appender(store, key, self.entities, self.before.seq, self.before.place)
        self._foreseen: dict[int, tuple[Mapping[str, object], dict[str, int | str]]] = {}

    @property
    def last_place(self) -> int:
        """Place of the last event."""
        return self.appender.last_place

    def finish(self) -> None:
        """Write down how far the journal is, where it moved; the transaction's last statement."""
        appender = self.appender
        if self.is_taught or (appender.last_seq, appender.last_place) != self.before[2:]:
            self.after = move_head(self.store, self.key, self.before, appender.last_seq,
                                   appender.last_place, self.is_taught)

    def append(
        self, tables: Mapping[str, pa.Table], progress: Progress = silent
    ) -> tuple[dict[str, Counts], list[Reject]]:
        """Append clean tables (`features.store.normalise`) under the rules of ingest."""
        seq = self.appender.last_seq
        found = self.appender.append(tables, progress)
        self.is_taught |= self.appender.last_seq != seq and not tables.keys() <= set(EVENT_TABLES)
        return found

    def rows(
        self, table: str, frame: pd.DataFrame, arrival_ms: int | None = None
    ) -> tuple[Counts, pd.DataFrame]:
        """Append raw rows of any table but the events.

        Parameters
        ----------
        table : str
            Name in the contract.
        frame : DataFrame
            Raw cells, as of an export.
        arrival_ms : int or None
            Known from then, whatever the rows say; None: under the rules of ingest.

        Returns
        -------
        counts : Counts
        rejects : DataFrame
            One line per bad cell.

        Raises
        ------
        BadInput
            For an unknown table, a table of events, or where a required column is missing.
        """
        if table not in TABLES or table in EVENT_TABLES:
            others = ", ".join(name for name in TABLES if name not in EVENT_TABLES)
            raise BadInput(f"one of {others}", table, "send events to the verdicts or the events")
        clean, bad = normalise(TABLES[table], frame, self.program, arrival_ms=arrival_ms)
        if arrival_ms is not None:
            if KNOWN_AT.name in clean.column_names:
                clean = clean.drop_columns([KNOWN_AT.name])
            known = np.full(clean.num_rows, arrival_ms, dtype=np.int64)
            clean = clean.append_column(KNOWN_AT.name, [known])
        counts, taken = self.append({table: clean})
        total = counts[table]
        total.read = len(frame)
        total.rejects += int(bad["row"].nunique())
        rejects = reject_frame([*map(Reject._make, bad.itertuples(index=False, name=None)), *taken])
        return total, rejects

    def foresee(self, bodies: Iterable[Mapping[str, object]]) -> None:
        """Look up, in one query, the names of live events that `event` will be asked for.

        Parameters
        ----------
        bodies : iterable of mapping
            With ``kind``. One that breaks the contract is left out: its turn will tell.
        """
        names: list[tuple[str, str]] = []
        for body in bodies:
            table = EVENT_KINDS.get(str(body.get("kind")), "")
            if not table:
                continue
            with suppress(BadInput):
                cells = self._cells(table, body)
                self._foreseen[id(body)] = body, cells
                names += _names(table, cells)
        self.entities.expect(names)

    def _cells(self, table: str, body: Mapping[str, object]) -> dict[str, int | str]:
        found = self._foreseen.pop(id(body), None)
        if found is not None and found[0] is body:
            return found[1]
        return normalise_body(TABLES[table], body, self.program, UNCOMPARED)

    def event(self, kind: str, body: Mapping[str, object], recorded_ms: int) -> PreparedEvent:
        """Check a live event, give its names numbers and the event its place.

        Parameters
        ----------
        kind : str
            scan, referral or redemption.
        body : mapping
            Raw cells; ``recorded_at`` and ``outcome`` are not read.
        recorded_ms : int
            The server's clock.

        Raises
        ------
        BadCell
            With ``field``, where the body breaks the contract.
        Conflict
            Where the id is taken by another body.
        """
        if kind not in EVENT_KINDS:
            raise BadInput(f"one of {', '.join(EVENT_KINDS)} as kind", str(kind), "correct it")
        name = EVENT_KINDS[kind]
        cells = self._cells(name, body)
        before = self.entities.number("event", str(cells["event_id"]))
        row = self._numbers(name, cells)
        found = before and read_event(self.store, self.key, before, EVENT_ID_TABLES)
        if found:
            return self._known(name, row, str(cells["event_id"]), found)
        row |= {"recorded_at": recorded_ms}
        place = max(first_place(recorded_ms), self.appender.last_place + 1)
        seq = int(self.appender.next_seq(1)[0])
        self.appender.last_place = place
        return PreparedEvent(str(cells["event_id"]), name, row,
                             event_record(name, row, place, seq), place, seq)

    def _known(
        self, table: str, row: dict[str, int], name: str, found: tuple[str, dict[str, int]]
    ) -> PreparedEvent:
        other, stored = found
        if other != table or any(
            row.get(column, unknown(TABLES[table], column)) != stored[column]
            for column in body_columns(TABLES[table])
        ):
            raise Conflict("the body that came first with this event_id", "another one",
                           "send a new event under a new id")
        place, seq = stored["place"], stored["seq"]
        return PreparedEvent(name, table, stored, event_record(table, stored, place, seq),
                             place, seq, known=True)

    def _numbers(self, table: str, cells: Mapping[str, int | str]) -> dict[str, int]:
        columns = _KINDS[table]
        create = self.entities.create
        row = {name: cell if isinstance(cell, int) else create(columns[name], cell)
               for name, cell in cells.items()}
        if table == "referrals":
            row["referee"] = create(_referee_kind(cells), str(cells["referee_id"]))
        lat, lon = (row.get(name, MISSING) for name in SPHERE[table])
        if lat != MISSING and lon != MISSING:
            row["x"], row["y"], row["z"] = point_on_sphere(lat, lon)
        return row

    def insert(self, prepared: PreparedEvent, outcome: int) -> None:
        """Store an event with what became of it: an index of ``contract.OUTCOMES``."""
        if prepared.known:
            raise Conflict("an event that is not stored", prepared.name, "return its verdict")
        statement, columns = event_insert(prepared.table)
        row = prepared.row | {"program": self.key, "place": prepared.place, "seq": prepared.seq,
                              "outcome": outcome}
        self.store.later(statement, [row.get(name) for name in columns])

    def verdicts(self, given: Sequence[GivenVerdict]) -> None:
        """Store what was answered for events, and the features it stood on."""
        for each in given:
            self.store.later(_VERDICT, (self.key, *each))

    def decision(
        self, event: str, status: int, *, points_final: int, by: str, reason: str, at_ms: int
    ) -> int:
        """Note a change of an event's status; the number in the feed of outcomes.

        Raises
        ------
        NotFound
            Where the journal has no such event.
        """
        number = self.entities.number("event", event)
        if not number or read_event(self.store, self.key, number, EVENT_TABLES) is None:
            raise NotFound("an event of the journal", event, "check its event_id")
        if not 0 <= status < len(DECISIONS):
            raise BadInput(f"a status below {len(DECISIONS)}", str(status), "correct it")
        place = max(known_place(at_ms), self.appender.last_place + 1)  # behind its own event
        seq = int(self.appender.next_seq(1)[0])
        self.store.run(_DECISION, (self.key, place, seq, number, status, points_final, by,
                                   reason, at_ms))
        return seq


def _names(table: str, cells: Mapping[str, int | str]) -> list[tuple[str, str]]:
    """Kinds and names of a clean live event."""
    kinds = _KINDS[table]
    found = [(kinds[name], cell) for name, cell in cells.items() if isinstance(cell, str)]
    if table == "referrals":
        found.append((_referee_kind(cells), str(cells["referee_id"])))
    return found


def _referee_kind(cells: Mapping[str, int | str]) -> str:
    return "outlet" if cells.get("referee_kind") == 1 else "member"
