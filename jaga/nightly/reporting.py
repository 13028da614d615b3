"""The step that writes the day's report: points, cases, and what each campaign brought so far."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from jaga.nightly.step import Did
from models.answers import rfc3339
from models.files import replace_text
from serving.campaigns.shelf import Shelf
from serving.copilot.figures import Span, read_earned, read_figures
from serving.copilot.load import read_load
from serving.retention.brought import brought

if TYPE_CHECKING:
    from jaga.nightly.work import Work

FILE: Final = "report.json"
DAYS: Final = (1, 7, 30)


def reports(work: Work) -> Did:
    """Write the figures of the last day, week and month, and of every campaign."""
    with work.journal.database.reading() as store:
        campaigns = Shelf(store, work.journal.key).ids()
    body: dict[str, Any] = {
        "program_id": work.program_id, "as_of": rfc3339(work.as_of_ms),
        "spans": {str(days): _span(work, days) for days in DAYS},
        "campaigns": {name: brought(work.journal, name, work.activity) for name in campaigns},
    }
    path = work.night.folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps(body, indent=1, ensure_ascii=False) + "\n")
    day = body["spans"]["1"]
    return Did(f"{day['figures']['credited']:,} points credited on the day, "
               f"{day['load']['waiting']:,} cases wait.", (work.below(path),),
               {"credited": day["figures"]["credited"], "waiting": day["load"]["waiting"],
                "campaigns": len(campaigns)})


def _span(work: Work, days: int) -> dict[str, Any]:
    """Figures of so many days up to the night."""
    span, key = Span(days, work.as_of_ms), work.journal.key
    with work.journal.database.reading() as store:
        earned = read_earned(store, key, span)
        return {"figures": asdict(read_figures(store, key, span, earned)),
                "load": asdict(read_load(store, key, span))}
