"""Whether labels still say what they said, and come when they came.

Each source is held against itself, and each event is given the same time to be labelled: of the
events of four weeks, whose maturity by that source is just over, the labels that came within it,
and the same of all weeks before. So neither figure is better because its events are older. A member
counts once for each word that was said of him on either side: one hand with thirty events is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from features.contract import SOURCES
from features.places import place_ms
from models.labelled import FRAUD
from training.monitor.gate import Gate
from training.splits import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.places import Ints
    from training.settings import MonitorSettings

SPAN_DAYS: Final = 28
LEAST: Final = 30
"""Labels on either side below which a source says nothing."""


class Source(NamedTuple):
    """What one source said of four weeks, and before: labels, share of fraud, median days late."""

    labels: int
    before: int
    fraud: float
    fraud_before: float
    days: float
    days_before: float
    digits: float


def look(feedback: pd.DataFrame, event: Ints, member: Ints, ms: Ints, as_of_ms: int,
         maturity_days: Mapping[str, float], settings: MonitorSettings
         ) -> tuple[dict[str, Source], tuple[Gate, ...]]:
    """Look at the labels of each source.

    Parameters
    ----------
    feedback : DataFrame
        Rows known before ``as_of_ms``: `models.labelled.COLUMNS`.
    event, member, ms : int64, shape (n,)
        Number, member and moment of each event.
    maturity_days : mapping
        Days after an event by which nearly all labels of a source have come.

    Returns
    -------
    sources : dict
        Of those that said enough.
    gates : tuple of Gate
        ``label_share`` and ``label_delay``.
    """
    at = pd.Series(ms, event)
    rows = feedback[feedback["event_id"].isin(event)].copy()
    rows["event_ms"] = at.reindex(rows["event_id"]).to_numpy()
    rows["member"] = pd.Series(member, event).reindex(rows["event_id"]).to_numpy()
    rows["known_ms"] = place_ms(rows["place"].to_numpy())
    found: dict[str, Source] = {}
    for position, name in enumerate(SOURCES):
        own = rows[rows["source"] == position]
        one = _source(own, as_of_ms, maturity_days[name])
        if one is not None:
            found[name] = one
    return found, (_share_gate(found, settings), _delay_gate(found, settings))


def _source(rows: pd.DataFrame, as_of_ms: int, maturity_days: float) -> Source | None:
    wait = round(maturity_days * DAY_MS)
    late = rows["known_ms"] - rows["event_ms"]
    rows = rows[(late <= wait) & (rows["event_ms"] < as_of_ms - wait)]
    rows = rows.assign(late=rows["known_ms"] - rows["event_ms"],
                       is_new=rows["event_ms"] >= as_of_ms - wait - SPAN_DAYS * DAY_MS)
    rows = rows.drop_duplicates(["member", "label", "is_new"])
    new = rows["is_new"].to_numpy()
    old, late_ms = ~new, rows["late"].to_numpy()
    if min(int(new.sum()), int(old.sum())) < LEAST:
        return None
    fraud = (rows["label"] == FRAUD).to_numpy()
    return Source(
        int(new.sum()), int(old.sum()), float(fraud[new].mean()), float(fraud[old].mean()),
        float(np.median(late_ms[new])) / DAY_MS, float(np.median(late_ms[old])) / DAY_MS,
        _digits(fraud[new], fraud[old]))


def _digits(new: Any, old: Any) -> float:
    """How strange two shares are, if they were one: ``-log10(p)`` of Fisher's exact test."""
    table = [[int(new.sum()), int((~new).sum())], [int(old.sum()), int((~old).sum())]]
    return float(-np.log10(max(stats.fisher_exact(table).pvalue, 1e-300)))


def _share_gate(found: dict[str, Source], settings: MonitorSettings) -> Gate:
    if not found:
        return Gate("label_share", None, settings.sign_digits,
                    "Too few labels have matured to say whether their share of fraud moved.")
    name = max(found, key=lambda each: found[each].digits)
    one = found[name]
    return Gate("label_share", one.digits, settings.sign_digits,
                f"Of matured labels by {name} {one.fraud:.0%} say fraud, before it were "
                f"{one.fraud_before:.0%}; no other source moved more.")


def _delay_gate(found: dict[str, Source], settings: MonitorSettings) -> Gate:
    if not found:
        return Gate("label_delay", None, settings.delay_times,
                    "Too few labels have matured to say how late they come.")
    slower = {name: one.days / max(one.days_before, 1.0) for name, one in found.items()}
    name = max(slower, key=lambda each: slower[each])
    return Gate("label_delay", slower[name], settings.delay_times,
                f"Labels by {name} come after {found[name].days:.0f} days in the median, before it "
                f"were {found[name].days_before:.0f}; no other source slowed down more.")
