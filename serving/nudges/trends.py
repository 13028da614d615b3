"""What the last night found in segments, rings and missions, in words."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from models.answers import rfc3339
from serving.nudges.links import link_of
from serving.nudges.naming import Names
from serving.nudges.nudge import Nudge
from serving.nudges.telling import Telling

if TYPE_CHECKING:
    from features.store.journal import Journal
    from models.nudges.finding import Finding
    from models.texts import Texts
    from serving.nudges.kept import Kept, Seen


def trends(journal: Journal, kept: Kept, texts: Texts, language: str) -> list[Nudge]:
    """Tell of each finding of a night, the dearest first."""
    names = Names(journal, texts)
    telling = Telling(texts, names, language, journal.program.currency)
    return [_nudge(journal, one, names, telling) for one in kept.seen]


def _nudge(journal: Journal, seen: Seen, names: Names, telling: Telling) -> Nudge:
    found, program = seen.finding, journal.program
    name = names.plain(found.segment_kind, found.segment)
    first = dt.datetime.fromtimestamp((seen.first_ms - 1) / 1000, program.zone).date()
    return Nudge(
        found.key, found.key, found.kind, telling.sentence(found), telling.innocent(found.kind),
        telling.next_step(found.kind), {"kind": found.segment_kind, "id": name},
        rfc3339(seen.first_ms), len(seen.members), None, None, money=found.money,
        size=found.money or abs(found.size), why_now=telling.why(seen, first),
        evidence=telling.evidence(found), link=link_of(found, name, program.program_id),
        figures=_figures(found))


def _figures(found: Finding) -> dict[str, float | None]:
    return {name: round(value, 6) if math.isfinite(value) else None for name, value in (
        ("size", found.size), ("low", found.low), ("high", found.high),
        ("expected", found.expected), ("observed", found.observed),
        ("p_value", found.p_value), ("q_value", found.q_value))}
