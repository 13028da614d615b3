"""`jaga suggest`: which mission to offer whom, as one Parquet file."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from models.missions.suggestions import suggest as choose
from serving.champion import load_champion
from serving.members import default_as_of, score_members

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from features.store.home import Home
    from models.answers import Suggestion


@dataclass(frozen=True)
class SuggestReport:
    """What is suggested, who was held out, and why others got nothing."""

    suggestions: int
    held_out: int
    cost_points: int
    excluded: dict[str, int]
    out: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def suggest(
    home: Home, out: Path, program_id: str | None = None, budget: int | None = None,
    as_of: int | None = None,
) -> SuggestReport:
    """Write ranked suggestions; held-out members are absent.

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
    """
    started = time.perf_counter()
    journal = home.journal(program_id)
    catalog = home.catalog(journal.program.program_id)
    bundle = load_champion(home, journal, catalog)
    moment = default_as_of(journal) if as_of is None else as_of
    plan = choose(score_members(journal, bundle, catalog, moment).scene, budget)
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = out.with_name(f".{out.name}.part")
    pq.write_table(to_arrow(plan.suggestions), scratch)
    scratch.replace(out)
    held = int((plan.decisions["holdout"] != "none").sum())
    excluded = {str(code): int(count) for code, count in plan.excluded.value_counts().items()}
    spent = sum(suggestion.cost_points for suggestion in plan.suggestions)
    return SuggestReport(len(plan.suggestions), held, spent, excluded, str(out),
                         round(time.perf_counter() - started, 2))


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
