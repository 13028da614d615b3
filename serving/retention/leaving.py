"""Who slips away, for a key: the table that the desk shows, as the wire has it."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from features.errors import Unavailable
from serving.retention.kept import Reader
from serving.retention.rhythm import date
from serving.retention.slipping import BACK_DAYS, by_state, ranked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from features.store.journal import Journal
    from serving.retention.kept import Kept


class Leaving:
    """Lists members of one program by their state.

    Parameters
    ----------
    folder : Path or None
        Where what the retention desk shows is kept; None: nowhere.
    journal : Journal
    """

    def __init__(self, folder: Path | None, journal: Journal) -> None:
        self._reader = None if folder is None else Reader(folder.parents[1])
        self._journal = journal

    def listed(self, chosen: Mapping[str, str], limit: int, offset: int) -> dict[str, Any]:
        """List who slips or lapsed, the most points at stake first.

        Parameters
        ----------
        chosen : mapping of str to str
            Values of `serving.retention.slipping.FILTERS`; a state lists those who are in it.
        limit, offset : int

        Raises
        ------
        Unavailable
            Where nothing is kept yet, or somebody was erased since.
        """
        kept = None if self._reader is None else self._reader.kept(
            self._journal.program.program_id, self._journal.erased)
        if kept is None:
            raise Unavailable("the table of members", "one that is made now",
                              "try again in a moment")
        return shaped(kept, chosen, limit, offset)


def shaped(kept: Kept, chosen: Mapping[str, str], limit: int, offset: int) -> dict[str, Any]:
    """Shape a part of what is kept for the wire."""
    found = ranked(kept.members, chosen)
    return {
        "as_of_day": date(kept.today).isoformat(), "found": len(found),
        "points_at_stake": int(found["at_stake"].sum()),
        "states": [{"state": one.name, "members": one.now, "before": one.before}
                   for one in by_state(kept, chosen)],
        "days_before": BACK_DAYS,
        "members": [_member(row) for _, row in found.iloc[offset:offset + limit].iterrows()]}


def _member(row: pd.Series) -> dict[str, Any]:
    suggested = None if not row["mission"] else {
        "mission_id": row["mission"], "channel": row["channel"] or None,
        "cost_points": int(row["cost_points"]),
        "expected_effect": {"value": float(row["effect"]), "low": float(row["effect_low"]),
                            "high": float(row["effect_high"]), "basis": row["basis"]}}
    return {
        "member_id": row["member_id"],
        **{name: row[name] or None for name in ("persona", "tier", "region")},
        "state": row["state"], "p_inactive": float(row["p_inactive"]),
        "horizon_days": int(row["horizon_days"]), "points_at_stake": int(row["at_stake"]),
        "expected_next_activity": {name: _day(row[column]) for name, column in (
            ("date", "expected"), ("low", "low"), ("high", "high"))},
        "reasons": json.loads(row["reasons"]), "suggested": suggested,
        "why_not": (row["why_not"] or None) if suggested is None else None}


def _day(day: float) -> str | None:
    return None if math.isnan(day) else date(round(day)).isoformat()
