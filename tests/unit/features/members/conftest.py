"""A journal in memory, and builders of its integer rows."""

import numpy as np
import pandas as pd
import pytest

from features.contract import TABLES
from features.exports.program import Program
from features.places import MISSING, first_place, known_place

DAY = 86_400_000
START = 20_000
"""A day in 2024: row builders count days from it."""
JUDGED = ("scans", "referrals", "redemptions")


def moment(day):
    """Milliseconds of noon UTC, so many days after the start."""
    return (START + day) * DAY + DAY // 2


class MemoryJournal:
    """Rows as given, with places from their own times; rows of one place keep their order."""

    def __init__(self, tables, decisions=(), words=None, timezone="UTC"):
        self.program = Program(program_id="acme", timezone=timezone)
        self.missions = []
        self.words = words or {}
        self._tables = {name: _placed(name, rows) for name, rows in tables.items()}
        self._decisions = pd.DataFrame(
            [{"place": known_place(moment(day)), "seq": i, "event_id": event, "status": status}
             for i, (event, status, day) in enumerate(decisions)],
            columns=["place", "seq", "event_id", "status"])

    def frame(self, table, until=None, latest=False, columns=None):
        rows = self._tables.get(table, _placed(table, []))
        names = list(dict.fromkeys(["place", "seq", *columns]))
        return rows.loc[rows["place"] < until, names].reset_index(drop=True)

    def decisions(self, after=0, limit=1000):
        return self._decisions

    def names(self, kind, numbers):
        return np.array([self.words.get(kind, {}).get(int(n), "") for n in numbers], dtype=object)

    def number(self, kind, name, create=False):
        return {word: n for n, word in self.words.get(kind, {}).items()}.get(name, 0)


def _placed(table, rows):
    contract = TABLES[table]
    cells = []
    for seq, row in enumerate(rows):
        unknown = {c.name: 0 if c.type == "id" else MISSING for c in contract.columns}
        full = unknown | row
        if table in JUDGED:
            recorded = full["recorded_at"]
            place = first_place(full["occurred_at"] if recorded == MISSING else recorded) + seq
        else:
            place = known_place(full[contract.first_time]) if contract.first_time else 0
        cells.append(full | {"seq": seq, "place": full.pop("place", place)})
    columns = ["place", "seq", *contract.names]
    frame = pd.DataFrame(cells, columns=columns).astype(np.int64)
    return frame.sort_values(["place", "seq"]).reset_index(drop=True)


@pytest.fixture
def memory():
    """The journal in memory; ``memory.scan`` and the like build its rows."""
    class Memory:
        journal = MemoryJournal
        at = staticmethod(moment)
        start = START

        @staticmethod
        def scan(event, member, day, points=10, **cells):
            return {"event_id": event, "member_id": member, "occurred_at": moment(day),
                    "points": points, **cells}

        @staticmethod
        def member(number, joined=0, **cells):
            return {"member_id": number, "joined_at": moment(joined), "persona": 0, **cells}

    return Memory
