"""A judged event: what was answered, and how it is stored and found again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import EVENT_KINDS, OUTCOMES
from features.errors import BadCell, Conflict
from features.store.writing import GivenVerdict
from models.answers import Outcome
from serving.casework import Casework
from serving.opening import opened_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.store.writing import PreparedEvent, Writing
    from models.answers import Verdict

SETTLED: Final = {"approve": OUTCOMES.index("credited"), "review": OUTCOMES.index("held"),
                  "decline": OUTCOMES.index("refused")}
"""What becomes of an event's points by its verdict."""
SEVERITY: Final = {"approve": 0, "review": 1, "decline": 2}
NO_VECTOR: Final = np.empty(0)
"""Of a verdict given while the state was away: no features were served."""


@dataclass(frozen=True)
class Judged:
    """A verdict, the features it stands on, in the layout of its bundle, and the bytes answered."""

    verdict: Verdict
    vector: Any
    body: bytes


def again(writing: Writing, prepared: PreparedEvent) -> bytes:
    """Bytes answered the first time; Conflict for an event that was decided elsewhere."""
    rows = writing.store.rows("SELECT body FROM verdicts WHERE program = ? AND event_id = ?",
                              (writing.key, prepared.row["event_id"]))
    if not rows:
        raise Conflict("an event that Jaga judges", "one that was decided elsewhere",
                       "read its status from /v1/events/{event_id}")
    return bytes(rows[0][0])


def store(writing: Writing, events: Sequence[tuple[PreparedEvent, Judged]]) -> None:
    """Store verdicts inside the transaction of their events, and open the cases they ask for."""
    writing.verdicts([_given(prepared, judged) for prepared, judged in events])
    opened = [opened_case(prepared, judged.verdict, writing.program)
              for prepared, judged in events
              if judged.verdict.would_have is not Outcome.APPROVE]
    if opened:
        Casework(writing.store, writing.key).open(opened)


def _given(prepared: PreparedEvent, judged: Judged) -> GivenVerdict:
    verdict = judged.verdict
    return GivenVerdict(
        prepared.row["event_id"], prepared.place, verdict.bundle_id, verdict.policy_version,
        SEVERITY[verdict.verdict.value], verdict.points_held, judged.body,
        judged.vector.tobytes(), verdict.decided_at_ms, verdict.release_chance,
        int(verdict.released))


def kind_of(body: dict[str, Any]) -> str:
    """Kind of an event to judge; BadCell where it is none."""
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in EVENT_KINDS:
        raise BadCell("kind", f"one of {', '.join(EVENT_KINDS)}", repr(kind)[:50])
    return kind
