"""What was claimed twice, and what several members share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from features.contract import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.store.journal import Journal

CROWD: Final = 4
"""Members on one device or address before it is listed: a household has two or three."""
EXAMPLES: Final = 3


@dataclass(frozen=True)
class Example:
    """One instance: the name to look up, and what about it."""

    name: str
    text: str


@dataclass(frozen=True)
class Duplicate:
    """One sort of duplicate.

    Parameters
    ----------
    count : int
        Things concerned: codes, invoices, devices.
    noun : str
        What they are in a sentence: ``codes``, ``invoices``.
    points : int or None
        Points credited beyond the first claim; None where nothing was claimed twice.
    """

    title: str
    noun: str
    sentence: str
    count: int
    points: int | None
    examples: Sequence[Example]


def duplicates(journal: Journal, frames: Mapping[str, pd.DataFrame]) -> list[Duplicate]:
    """Find what was claimed twice or is shared, the most points first."""
    found: list[Duplicate | None] = []
    scans = frames.get("scans")
    if scans is not None and len(scans):
        found += [_codes(journal, scans), _claims(journal, scans), _lines(journal, scans)]
    found += [_shared_events(journal, frames, "device", "device_id", "Devices"),
              _shared_events(journal, frames, "payout", "payout_id", "Payout accounts", crowd=2)]
    members = frames["members"].drop_duplicates("member_id", keep="last")
    found += [_shared_members(journal, members, *row) for row in (
        ("payout", "payout_id", "Payout accounts in the member list", 2),
        ("phone", "phone_hash", "Phone numbers", 2),
        ("address", "address_hash", "Addresses", CROWD),
    )]
    real = [one for one in found if one is not None]
    return sorted(real, key=lambda one: (-(one.points or -1), -one.count))


def _credited(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that were credited, in the order in which they came."""
    refused = [OUTCOMES.index("held"), OUTCOMES.index("refused")]
    return rows[~rows["outcome"].isin(refused)].sort_values("place", kind="stable")


def _codes(journal: Journal, scans: pd.DataFrame) -> Duplicate | None:
    rows = _credited(scans[scans["code_id"] != 0])
    again = rows[rows.duplicated("code_id")]
    if again.empty:
        return None
    by_code = rows[rows["code_id"].isin(again["code_id"])].groupby("code_id")
    spread = by_code["member_id"].nunique()
    others = int((spread > 1).sum())
    worst = by_code.size().sort_values(ascending=False, kind="stable").head(EXAMPLES)
    names = journal.names("code", worst.index.to_numpy())
    return Duplicate(
        "Codes credited more than once", "codes",
        f"{others:,} of them to different members, the rest to the same member again.",
        len(spread), int(again["points"].sum()),
        [Example(str(name), f"{times} times by {many:,}")
         for name, times, many in zip(names, worst, spread[worst.index], strict=True)],
    )


def _claims(journal: Journal, scans: pd.DataFrame) -> Duplicate | None:
    rows = _credited(scans[scans["claim"] != 0])
    again = rows[rows.duplicated("claim")]
    if again.empty:
        return None
    group = rows[rows["claim"].isin(again["claim"])].groupby("claim")
    worst = group.size().sort_values(ascending=False, kind="stable").head(EXAMPLES)
    number = group["invoice_no"].first()[worst.index].to_numpy()
    return Duplicate(
        "Invoices credited more than once", "invoices",
        "The same seller, number, amount and lines, however the number was written.",
        group.ngroups, int(again["points"].sum()),
        [Example(str(name), f"{times} times")
         for name, times in zip(journal.names("invoice_no", number), worst, strict=True)],
    )


def _lines(journal: Journal, scans: pd.DataFrame) -> Duplicate | None:
    rows = _credited(scans[(scans["invoice_lines_hash"] != 0) & (scans["invoice_no"] != 0)])
    numbers = rows.groupby("invoice_lines_hash")["invoice_no"].nunique()
    shared = numbers[numbers > 1]
    if shared.empty:
        return None
    alike = rows[rows["invoice_lines_hash"].isin(shared.index)]
    again = alike[alike.duplicated("invoice_lines_hash")]
    worst = shared.sort_values(ascending=False, kind="stable").head(EXAMPLES)
    first = alike.groupby("invoice_lines_hash")["invoice_no"].first()[worst.index].to_numpy()
    return Duplicate(
        "The same goods under several invoice numbers", "lists of goods",
        "Line by line alike; honest where a standing order repeats.",
        len(shared), int(again["points"].sum()),
        [Example(str(name), f"and {times - 1} more number{'s' if times > 2 else ''}")
         for name, times in zip(journal.names("invoice_no", first), worst, strict=True)],
    )


def _shared_events(
    journal: Journal, frames: Mapping[str, pd.DataFrame], kind: str, column: str, what: str,
    crowd: int = CROWD,
) -> Duplicate | None:
    parts = [frames[name].loc[frames[name][column] != 0, [column, "member_id"]]
             for name in ("scans", "referrals", "redemptions")
             if name in frames and column in frames[name]]
    if not parts:
        return None
    used = pd.concat(parts).groupby(column)["member_id"].nunique()
    return _crowded(journal, used, kind, f"{what} used by {crowd} or more members")


def _shared_members(
    journal: Journal, members: pd.DataFrame, kind: str, column: str, what: str, crowd: int
) -> Duplicate | None:
    used = members[members[column] != 0].groupby(column)["member_id"].nunique()
    return _crowded(journal, used[used >= crowd], kind, f"{what} of {crowd} or more members", crowd)


def _crowded(
    journal: Journal, used: pd.Series, kind: str, title: str, crowd: int = CROWD
) -> Duplicate | None:
    many = used[used >= crowd].sort_values(ascending=False, kind="stable")
    if many.empty:
        return None
    worst = many.head(EXAMPLES)
    names = journal.names(kind, worst.index.to_numpy())
    return Duplicate(
        title, title.lower(), f"The most crowded one has {int(many.iloc[0]):,} members.",
        len(many), None,
        [Example(str(name), f"{members:,} members")
         for name, members in zip(names, worst, strict=True)],
    )
