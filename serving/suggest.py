"""`jaga suggest`: which mission to offer whom, as one Parquet file."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from serving.casework import Casework
from serving.champion import load_champion
from serving.members import default_as_of, members_without_anomaly
from serving.outbox.jobs import clock_of
from serving.plans import plan_for
from serving.sending import decisions_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from features.store.home import Home
    from features.store.journal import Journal
    from models.answers import Suggestion
    from models.missions.suggestions import Plan
    from serving.members import Members

KEPT: Final = 2_000
"""Decisions of one transaction, so that a service beside it hardly waits."""


@dataclass(frozen=True)
class SuggestReport:
    """What is suggested, who was held out, why others got nothing, and what it can show.

    ``kept`` counts the decisions in the log, ``gap`` is the share of the best gain within the
    limits that may be missed, ``power`` is that of `models.missions.power.Power`.
    """

    suggestions: int
    held_out: int
    cost_points: int
    excluded: dict[str, int]
    power: dict[str, Any]
    gap: float
    kept: int
    out: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def suggest(
    home: Home, out: Path, program_id: str | None = None, budget: int | None = None,
    as_of: int | None = None, segment: dict[str, str] | None = None,
    channel_capacity: dict[str, int] | None = None, *, is_dry: bool = False,
    now_ms: int | None = None, members: Members | None = None,
) -> SuggestReport:
    """Write ranked suggestions and keep every decision; held-out members are absent in the file.

    Parameters
    ----------
    home : Home
    out : Path
        Parquet file.
    program_id : str or None
        Needed where the home holds several programs.
    budget : int or None
        Most points to spend.
    as_of : int or None
        UTC milliseconds; None: just after the journal's last event.
    segment : dict of str to str, or None
        As `serving.plans.SEGMENTS`; None: everybody.
    channel_capacity : dict of str to int, or None
        Most messages by channel.
    is_dry : bool
        Write the file and keep nothing.
    now_ms : int or None
        The moment of deciding, UTC milliseconds; None: the clock of the home's service.
    members : Members or None
        Who is scored already, in place of ``as_of``; None: they are scored now.

    Raises
    ------
    BadCell
        A segment or channel that is none.
    BadInput
        A budget below zero.
    """
    started = time.perf_counter()
    journal = home.journal(program_id)
    ask = {"segment": segment, "budget_points": budget, "channel_capacity": channel_capacity}
    plan = plan_for(members or _scored(home, journal, as_of), ask)
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = out.with_name(f".{out.name}.part")
    pq.write_table(to_arrow(plan.suggestions), scratch)
    kept = 0 if is_dry else _keep(journal, plan, clock_of(home) if now_ms is None else now_ms)
    scratch.replace(out)
    held = int((plan.decisions["holdout"] != "none").sum())
    excluded = {str(code): int(count) for code, count in plan.excluded.value_counts().items()}
    spent = sum(suggestion.cost_points for suggestion in plan.suggestions)
    return SuggestReport(
        len(plan.suggestions), held, spent, excluded, plan.power.to_json(), round(plan.gap, 6),
        kept, str(out), round(time.perf_counter() - started, 2))


def _scored(home: Home, journal: Journal, as_of: int | None) -> Members:
    bundle = load_champion(home, journal, home.catalog(journal.program.program_id))
    moment = default_as_of(journal) if as_of is None else as_of
    return members_without_anomaly(journal, bundle, moment)


def _keep(journal: Journal, plan: Plan, now_ms: int) -> int:
    """Put every decision into the log, part by part; a service may run on the same home."""
    decisions = decisions_of(plan)
    for start in range(0, len(decisions), KEPT):
        with journal.database.writing() as store:
            Casework(store, journal.key).suggest(decisions[start:start + KEPT], now_ms)
    return len(decisions)


def to_arrow(suggestions: Sequence[Suggestion]) -> pa.Table:
    """Shape suggestions as the contract's file, best first."""
    effects = [suggestion.expected_effect for suggestion in suggestions]
    reasons = [json.dumps([reason.to_json() for reason in suggestion.reasons], ensure_ascii=False)
               for suggestion in suggestions]
    text, number, real = pa.string(), pa.int64(), pa.float64()
    return pa.table({
        "rank": pa.array(range(1, len(suggestions) + 1), number),
        "decision_id": pa.array([each.decision_id for each in suggestions], text),
        "member_id": pa.array([each.member_id for each in suggestions], text),
        "mission_id": pa.array([each.mission_id for each in suggestions], text),
        "channel": pa.array([each.channel for each in suggestions], text),
        "effect": pa.array([effect.value for effect in effects], real),
        "effect_low": pa.array([effect.low for effect in effects], real),
        "effect_high": pa.array([effect.high for effect in effects], real),
        "basis": pa.array([effect.basis for effect in effects], text),
        "cost_points": pa.array([each.cost_points for each in suggestions], number),
        "reasons": pa.array(reasons, text),
    })
