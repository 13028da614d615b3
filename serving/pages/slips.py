"""What the retention desk shows of members: rows, pictures and cells of tables, without HTML."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from features.contract import PERSONAS, TIERS
from models.answers import STATES
from models.texts import Texts
from serving.pages.pictures import picture
from serving.retention.rhythm import AHEAD, date, day_of
from serving.retention.slipping import FILTERS, NEEDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from features.store.store import Store
    from serving.pages.words import Words
    from serving.retention.rhythm import Rhythm
    from serving.retention.slipping import Count

REASONS: Final = 2
"""Reasons in a row; the member's own page has them all."""
TONES: Final = {"slipping": "warn", "lapsed": "bad", "active": "good", "blocked": "bad",
                "off_season": "accent", "new": ""}
LANES: Final = {"silence": "warn", "off_season": "series-3", "last_year": "series-3",
                "festival": "quiet"}
"""Spans below a member's weeks, the most telling on top."""
LANE: Final = 0.11
"""Height of a lane, in parts of the tallest bar."""
LINK: Final = re.compile(r"(https?://|tel:|mailto:)[^\s]+", re.IGNORECASE)
"""What a contact may be to become a link."""
KNOWN: Final = Texts.read()
"""Words of the reasons in every language."""
WORDED: Final[dict[str, tuple[str, ...]]] = {"persona": PERSONAS, "tier": TIERS, "state": STATES}


def filters_of(query: Mapping[str, str]) -> dict[str, str]:
    """Filters that a query names; words that do not exist are left out.

    >>> filters_of({"persona": "retailer", "tier": "wooden", "region": "", "page": "2"})
    {'persona': 'retailer'}
    """
    found = {name: query.get(name, "") for name in FILTERS}
    return {name: value for name, value in found.items()
            if value and (name not in WORDED or value in WORDED[name])}


def word(words: Words, column: str, value: object) -> str:
    """Word of a persona, tier or state in a language; other values are the program's own."""
    if value is None or value == "" or value != value:
        return words.say("retention.nobody_knows")
    if column in WORDED or column in ("channel", "language"):
        code = f"retention.{column}.{value}"
        return words.say(code) if words.has(code) else str(value)
    return str(value)


def row_of(row: pd.Series, words: Words, costs: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """A member as the desk lists him.

    Parameters
    ----------
    row : Series
        Of `serving.retention.kept.Kept.members`.
    words : Words
    costs : mapping of str to dict
        Missions as they are listed, by id: for the goal of what is suggested.
    """
    return {
        "member_id": row["member_id"], "state": row["state"], "tone": TONES[row["state"]],
        "state_word": word(words, "state", row["state"]),
        **{name: word(words, name, row[name]) for name in ("persona", "region", "tier")},
        "sentence": sentence_of(row, words), "p_inactive": float(row["p_inactive"]),
        "horizon": int(row["horizon_days"]), "at_stake": int(row["at_stake"]),
        "expected": date_or_none(row["expected"]), "suggested": suggested(row, words, costs),
    }


def suggested(row: pd.Series, words: Words, missions: Mapping[str, dict[str, Any]]
              ) -> dict[str, Any] | None:
    """What is suggested for a member, or why nothing is; None where nothing is asked for."""
    if not row["mission"]:
        code = f"retention.why.{row['why_not']}"
        return {"why_not": words.say(code)} if row["why_not"] and words.has(code) else None
    mission = missions.get(row["mission"], {})
    return {
        "why_not": "", "mission": row["mission"], "goal": mission.get("goal") or row["mission"],
        "channel": word(words, "channel", row["channel"]), "basis": row["basis"],
        "cost": int(row["cost_points"]), "effect": hundreds(row["effect"], words),
        "low": hundreds(row["effect_low"], words), "high": hundreds(row["effect_high"], words),
        "text": text_of(mission, str(row["language"])),
    }


def text_of(mission: Mapping[str, Any], language: str) -> str:
    """Message of a mission in a member's language, else in its first; empty without any."""
    texts = mission.get("texts") or {}
    return str(texts.get(language) or next(iter(texts.values()), ""))


def reasons_of(row: Mapping[str, Any] | pd.Series, words: Words) -> list[str]:
    """Why a member seems to leave, in the language of who reads it, the strongest first."""
    return [KNOWN.text(one["code"], words.language, value=one["value"], usual=one["usual"])
            if KNOWN.has(one["code"]) else str(one["text"]) for one in json.loads(row["reasons"])]


def sentence_of(row: Mapping[str, Any] | pd.Series, words: Words) -> str:
    """Say in one line how a member stands."""
    reasons = [one.rstrip(".") for one in reasons_of(row, words)[:REASONS]]
    if reasons:
        return f"{'; '.join(reasons)}."
    if row["state"] == "off_season":
        return words.say(f"retention.season.{row['segment'] or 'learnt'}")
    return words.say(f"retention.told.{row['state']}")


def people_of(store: Store, program: int, numbers: list[int]) -> dict[int, tuple[str, str]]:
    """Name and contact of some members, for who may see them; a contact that is no link is empty.

    Parameters
    ----------
    store : Store
    program : int
    numbers : list of int
    """
    if not numbers:
        return {}
    listed = ", ".join(str(int(number)) for number in numbers)
    return {int(row[0]): (row[1] or "", row[2] if row[2] and LINK.fullmatch(row[2]) else "")
            for row in store.rows("SELECT member_id, display_name, contact_url FROM people "
                                  f"WHERE program = ? AND member_id IN ({listed})", (program,))}


def trend_of(counts: list[Count], words: Words) -> dict[str, Any]:
    """Picture of how many were slipping and lapsed week by week."""
    return picture([{
        "type": "scatter", "mode": "lines", "tone": TONES[one.name] or "quiet",
        "name": word(words, "state", one.name), "x": [date(day).isoformat() for day, _ in
                                                      one.series],
        "y": [count for _, count in one.series],
        "hovertemplate": "%{x|%d %b}: %{y}<extra>%{fullData.name}</extra>",
    } for one in counts if one.name in NEEDS],
        {"yaxis": {"rangemode": "tozero"}, "xaxis": {"type": "date"}})


def rhythm_picture(rhythm: Rhythm, words: Words) -> dict[str, Any]:
    """Picture of a member's rhythm: weeks as bars, and below them a lane for each kind of span."""
    top = max([*(count for _, count in rhythm.weeks), 1]) * 1.1
    traces: list[dict[str, Any]] = [{
        "type": "bar", "tone": "accent", "name": words.say("retention.rhythm.events"),
        "x": [(day + dt.timedelta(days=3)).isoformat() for day, _ in rhythm.weeks],
        "y": [count for _, count in rhythm.weeks],
        "hovertemplate": "%{x|%d %b %Y}: %{y}<extra></extra>"}]
    lanes = [kind for kind in LANES if any(one.kind == kind for one in rhythm.spans)]
    if rhythm.expected is not None and "silence" not in lanes:
        lanes = ["silence", *lanes]
    for at, kind in enumerate(lanes, start=1):
        traces += _lane([one for one in rhythm.spans if one.kind == kind], -at * top * LANE,
                        LANES[kind], words.say(f"retention.span.{kind}"))
    if rhythm.expected is not None:
        low, high = rhythm.low or rhythm.expected, rhythm.high or rhythm.expected
        traces.append({
            "type": "scatter", "mode": "lines+markers", "tone": "series-4",
            "name": words.say("retention.rhythm.expected"), "y": [-top * LANE] * 3,
            "x": [low.isoformat(), rhythm.expected.isoformat(), high.isoformat()],
            "marker": {"size": [1, 13, 1]}, "line": {"width": 5},
            "hovertemplate": "%{x|%d %b %Y}<extra>%{fullData.name}</extra>"})
    first = rhythm.weeks[0][0].isoformat()
    until = date(day_of(rhythm.today) + AHEAD).isoformat()
    step = max(1, round(top / 4))
    return picture(traces, {
        "xaxis": {"type": "date", "range": [first, until]}, "bargap": 0.15,
        "yaxis": {"range": [-(len(lanes) + 0.8) * top * LANE, top], "dtick": step, "tick0": 0,
                  "tickvals": list(range(0, round(top) + 1, step))}})


def _lane(spans: list[Any], y: float, tone: str, name: str) -> list[dict[str, Any]]:
    """Thick lines of one kind of span, parted by gaps."""
    if not spans:
        return []
    days = [(one.first.isoformat(), (one.last + dt.timedelta(days=1)).isoformat(), one.name)
            for one in spans]
    x = [day for first, last, _ in days for day in (first, last, None)]
    return [{"type": "scatter", "mode": "lines", "x": x, "y": [y, y, None] * len(days),
             "tone": tone, "name": name, "line": {"width": 11},
             "customdata": [cell for *_, named in days for cell in (named, named, None)],
             "hovertemplate": "%{x|%d %b %Y} %{customdata}<extra>%{fullData.name}</extra>"}]


def hundreds(share: float, words: Words) -> str:
    """How many of a hundred a share is.

    >>> from serving.pages.words import Words
    >>> hundreds(0.0488, Words(KNOWN, "en")), hundreds(0.213, Words(KNOWN, "es"))
    ('4.9', '21')
    """
    return words.number(100 * share, 1 if abs(share) < 0.1 else 0)


def date_or_none(day: float) -> dt.date | None:
    """Date of a day since 1970; None for NaN."""
    return None if math.isnan(day) else date(round(day))
