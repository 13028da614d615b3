"""How healthy an export is: what was taken and refused, how full its columns are, its weeks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import EVENT_TABLES, TABLES
from features.places import MISSING, TIE_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from features.contract import Table

WEEK_MS: Final = 7 * 86_400_000
LATE_MS: Final = 86_400_000
"""An event that the server learnt of a day after it happened is late."""
SHOWN: Final = {
    "scans": ("code_id", "sku", "amount", "outlet_id", "seller_id", "invoice_no", "device_id",
              "ip", "lat", "capture"),
    "referrals": ("device_id", "referee_kind"),
    "redemptions": ("payout_id", "device_id", "reward_kind"),
    "members": ("region", "tier", "outlet_id", "phone_hash", "payout_id", "lat"),
}
"""Optional columns that most decide what can be seen."""


@dataclass(frozen=True)
class TableHealth:
    """Rows of one table: taken and refused."""

    name: str
    rows: int
    rejects: int


@dataclass(frozen=True)
class ColumnHealth:
    """Share of a table's rows that know one column."""

    table: str
    name: str
    known: float


@dataclass(frozen=True)
class Refusal:
    """Why rows were refused, and how many for this reason."""

    text: str
    count: int


@dataclass(frozen=True)
class Health:
    """What the export holds.

    Parameters
    ----------
    weeks : sequence of (int, int)
        Start of each week in UTC milliseconds and its events, empty weeks included.
    remarks : sequence of str
        Oddities worth knowing, each a sentence.
    """

    events: int
    members: int
    first_ms: int
    last_ms: int
    points: int
    tables: Sequence[TableHealth]
    columns: Sequence[ColumnHealth]
    refusals: Sequence[Refusal]
    weeks: Sequence[tuple[int, int]]
    remarks: Sequence[str]

    @property
    def rejects(self) -> int:
        """Rows refused in all tables."""
        return sum(table.rejects for table in self.tables)

    @property
    def sentence(self) -> str:
        """The state of the data in one sentence."""
        rows = sum(table.rows for table in self.tables)
        if not self.rejects:
            return f"All {rows:,} rows could be read."
        share = self.rejects / max(rows + self.rejects, 1)
        return (f"{self.rejects:,} of {rows + self.rejects:,} rows ({share:.1%}) could not be "
                "taken; the rest goes on without them.")


def health(
    frames: Mapping[str, pd.DataFrame], rejects: pd.DataFrame, ignored: Mapping[str, Sequence[str]]
) -> Health:
    """Measure an export that was taken into a journal.

    Parameters
    ----------
    frames : mapping
        Table name to the journal's rows as integers; tables that did not come are absent.
    rejects : DataFrame
        Columns ``table, row, column, value, sentence``, one line per bad cell.
    ignored : mapping
        Table name to columns that the contract does not know.
    """
    events = [frames[name] for name in EVENT_TABLES if name in frames and len(frames[name])]
    place = np.concatenate([part["place"].to_numpy() for part in events] or [np.zeros(0, int)])
    times = np.sort(place >> TIE_BITS)
    return Health(
        events=len(times), members=len(frames["members"].drop_duplicates("member_id")),
        first_ms=int(times[0]) if len(times) else 0, last_ms=int(times[-1]) if len(times) else 0,
        points=sum(int(frames[name]["points"].sum()) for name in ("scans", "referrals")
                   if name in frames),
        tables=_tables(frames, rejects), columns=_columns(frames), refusals=_refusals(rejects),
        weeks=_weeks(times), remarks=_remarks(frames, ignored),
    )


def known(frame: pd.DataFrame, table: Table, name: str) -> float:
    """Share of rows that know a column: an id that is not 0, a value that is not missing."""
    if not len(frame) or name not in frame:
        return 0.0
    unknown = 0 if table.column(name).type == "id" else MISSING
    return float((frame[name] != unknown).mean())


def _tables(frames: Mapping[str, pd.DataFrame], rejects: pd.DataFrame) -> list[TableHealth]:
    refused = rejects.drop_duplicates(["table", "row"]).groupby("table").size()
    names = [name for name in TABLES if name in frames or name in refused]
    return [TableHealth(name, len(frames.get(name, ())), int(refused.get(name, 0)))
            for name in names]


def _columns(frames: Mapping[str, pd.DataFrame]) -> list[ColumnHealth]:
    return [
        ColumnHealth(table, name, known(frames[table], TABLES[table], name))
        for table, names in SHOWN.items() if table in frames and len(frames[table])
        for name in names
    ]


def _refusals(rejects: pd.DataFrame, top: int = 6) -> list[Refusal]:
    reasons = Counter(
        f"{table}.{column}: {_kind(sentence)}" for table, column, sentence in zip(
            rejects["table"], rejects["column"], rejects["sentence"], strict=True)
    )
    return [Refusal(text, count) for text, count in reasons.most_common(top)]


def _kind(sentence: str) -> str:
    """The sentence without the value that came, so that equal reasons count as one."""
    for mark in (", got ", "; came ", ", came "):
        sentence = sentence.partition(mark)[0]
    return sentence.strip()


def _weeks(times: np.ndarray) -> list[tuple[int, int]]:
    if not len(times):
        return []
    start = int(times[0])
    counts = np.bincount((times - start) // WEEK_MS)
    return [(start + week * WEEK_MS, int(number)) for week, number in enumerate(counts)]


def _remarks(
    frames: Mapping[str, pd.DataFrame], ignored: Mapping[str, Sequence[str]]
) -> list[str]:
    return [*_late(frames), *_strangers(frames), *_silent_weeks(frames),
            *(f"{table}: columns Jaga does not know were left out: {', '.join(names[:6])}"
              f"{' and more' if len(names) > 6 else ''}." for table, names in ignored.items()
              if names)]


def _late(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    late = total = 0
    for name in EVENT_TABLES:
        if name in frames:
            rows = frames[name]
            lag = (rows["place"].to_numpy() >> TIE_BITS) - rows["occurred_at"].to_numpy()
            late, total = late + int((lag > LATE_MS).sum()), total + len(rows)
    if not late:
        return []
    return [f"{late:,} events ({late / total:.1%}) were learnt of more than a day after they "
            "happened; they count from when they arrived."]


def _strangers(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    active = {int(member) for name in EVENT_TABLES if name in frames
              for member in frames[name]["member_id"].unique()}
    strange = active - set(frames["members"]["member_id"].tolist())
    said = [f"{len(strange):,} members have events but no row in members."] if strange else []
    if "codes" in frames and "scans" in frames:
        coded = frames["scans"]["code_id"]
        lost = int(((coded != 0) & ~coded.isin(frames["codes"]["code_id"])).sum())
        if lost:
            said.append(f"{lost:,} scans name a code that the code list does not hold.")
    return said


def _silent_weeks(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    place = np.concatenate([frames[name]["place"].to_numpy() for name in EVENT_TABLES
                            if name in frames] or [np.zeros(0, int)])
    weeks = _weeks(np.sort(place >> TIE_BITS))
    empty = sum(not number for _, number in weeks)
    return [f"{empty} weeks hold no event at all: a gap in the export, or a season."] if (
        empty and len(weeks) > 4) else []
