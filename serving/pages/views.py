"""From stored facts to what a page shows: sentences, bars, dots. No HTML in here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import numpy as np
from babel.numbers import format_currency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.exports.program import Program
    from serving.cases import Case, Past

BAR: Final = 200.0
"""Width of the longer of two bars, in the drawing's units."""
WIDTH: Final = 1000.0
HEIGHT: Final = 90.0
STATES: Final = {
    "new": "Joined lately; there is no rhythm yet.", "active": "Active as usual.",
    "off_season": "Silent, and that is normal for this time of the year.",
    "blocked": "Blocked; silence says nothing.", "slipping": "Slipping away.",
    "lapsed": "Not active for long.",
}
VERBS: Final = {"review": "Held", "decline": "Declined"}


def case_path(program_id: str, event_id: str) -> str:
    """Path of a case's page.

    >>> case_path("acme", "s/1")
    '/review/acme/s%2F1'
    """
    return f"/review/{quoted(program_id)}/{quoted(event_id)}"


def quoted(text: str) -> str:
    """Quote a text for a path or a query.

    >>> quoted("a/b?")
    'a%2Fb%3F'
    """
    return quote(text, safe="")


def money(points: int, program: Program) -> str:
    """Write what points are worth in the program's currency.

    >>> from features.exports.program import Program
    >>> money(48_200, Program(program_id="acme"))
    'about 482 USD'
    """
    worth = format_currency(points * program.point_value, program.currency, "#,##0",
                            locale="en", currency_digits=False)
    return f"about {worth} {program.currency}"


def percent(share: float | None) -> str:
    """Write a share so that a person reads it at once; empty where it is unknown.

    >>> percent(0.834), percent(0.0004), percent(0.9999), percent(None)
    ('83 %', 'under 1 %', 'over 99 %', '')
    """
    if share is None:
        return ""
    if share < 0.005:
        return "under 1 %"
    return "over 99 %" if share > 0.995 else f"{share:.0%}".replace("%", " %")


@dataclass(frozen=True)
class Moments:
    """Writes times in a program's time zone."""

    zone: dt.tzinfo

    def text(self, ms: int) -> str:
        """Write a time as a person says it.

        >>> Moments(dt.timezone.utc).text(0)
        '1 Jan 1970, 00:00'
        """
        moment = dt.datetime.fromtimestamp(ms / 1000, self.zone)
        return f"{moment.day} {moment:%b %Y, %H:%M}"

    def iso(self, ms: int) -> str:
        """Write a time for machines."""
        return dt.datetime.fromtimestamp(ms / 1000, self.zone).isoformat(timespec="seconds")

    def stored(self, text: str) -> str:
        """Write a stored RFC 3339 time as a person says it."""
        return self.text(round(dt.datetime.fromisoformat(text).timestamp() * 1000))


def sentence(case: Case) -> str:
    """Say in one sentence why a case is here and what is at stake.

    The two strongest reasons against the partner speak, those with a known value before the
    others; numbers of the model stay out of it.
    """
    if case.would_have == "approve":
        return "Approved: the points were credited at once."
    against = [one for one in case.reasons if (one["contribution"] or 0) >= 0]
    told = sorted(against, key=lambda one: one["value"] is None and "reason." in one["code"])
    texts = [str(one["text"]).rstrip(".") for one in told[:2]]
    verb = VERBS.get(case.would_have, "Stopped")
    lead = f"{'Would be ' + verb.lower() if case.observed else verb}"
    why = "; ".join(texts) if texts else "no reason was stored"
    return f"{lead}: {why}."


def case_row(case: Case, program: Program) -> dict[str, Any]:
    """Show a case in the list."""
    moments = Moments(program.zone)
    return {
        "case_id": case.case_id, "path": case_path(program.program_id, case.case_id),
        "kind": case.kind, "member": case.member_id, "points": case.points,
        "observed": case.observed, "would_have": case.would_have, "status": case.status,
        "score": case.score, "percent": percent(case.score), "sentence": sentence(case),
        "opened": moments.text(case.opened_ms), "opened_at": moments.iso(case.opened_ms),
    }


def case_page(case: Case, program: Program) -> dict[str, Any]:
    """Show a case on its own page."""
    body, moments = case.body, Moments(program.zone)
    hold = body.get("hold") or {}
    return {
        **case_row(case, program),
        "reasons": [reason_row(reason, _heaviest(case)) for reason in case.reasons],
        "hard_proof": case.hard_proof, "message": body.get("partner_message"),
        "rarer": _rarer(body.get("anomaly")), "verdict": body["would_have"],
        "hold_until": moments.stored(hold["until"]) if hold else "",
        "hold_then": "released" if hold.get("then") == "release" else "kept",
        "bundle_id": body["bundle_id"], "policy_version": body["policy_version"],
        "degraded": body["degraded"],
    }


def reason_row(reason: dict[str, Any], heaviest: float) -> dict[str, Any]:
    """Draw a reason: its two bars where it has numbers, its weight where it has one.

    >>> row = reason_row({"text": "t", "value": 80, "usual": 8, "contribution": -1.0}, 2.0)
    >>> row["bars"], row["weight"]
    ((200.0, 20.0), -50.0)
    """
    value, usual = reason.get("value"), reason.get("usual")
    contribution = reason.get("contribution")
    weight = None
    if contribution is not None and heaviest > 0:
        weight = round(100 * contribution / heaviest, 1)
    return {"text": reason["text"], "value": _number(value), "usual": _number(usual),
            "bars": _bars(value, usual), "weight": weight,
            "contribution": None if contribution is None else round(contribution, 2)}


def member_row(row: dict[str, Any]) -> dict[str, Any]:
    """Show a scored member: why he is here, how likely he stays silent."""
    reasons = [str(reason.text).rstrip(".") for reason in row["reasons"][:2]]
    day = row["expected_next_activity"]
    return {
        "member": row["member_id"], "state": row["state"], "horizon": int(row["horizon_days"]),
        "percent": percent(float(row["p_inactive"])),
        "sentence": f"{'; '.join(reasons)}." if reasons else STATES[row["state"]],
        "expected": "" if np.isnan(day) else str(np.datetime64(0, "D") + round(day)),
    }


def timeline(past: Sequence[Past], this: str, program: Program) -> dict[str, Any]:
    """Draw a member's events in time, newest row first, the case's own marked."""
    moments = Moments(program.zone)
    rows = [{
        "this": event.event_id == this, "event_id": event.event_id, "kind": event.kind,
        "points": event.points, "verdict": event.verdict, "status": event.status,
        "when": moments.text(event.recorded_ms), "at": moments.iso(event.recorded_ms),
    } for event in reversed(past)]
    first, last = (past[0].recorded_ms, past[-1].recorded_ms) if past else (0, 0)
    dots = _dots(past, this, first, last, moments) if len(past) > 1 else []
    return {"rows": rows, "dots": dots, "first": moments.text(first), "last": moments.text(last)}


def _dots(
    past: Sequence[Past], this: str, first: int, last: int, moments: Moments
) -> list[dict[str, Any]]:
    most = max(max(event.points for event in past), 1)
    span = max(last - first, 1)
    return [{
        "x": round(12 + (WIDTH - 24) * (event.recorded_ms - first) / span, 1),
        "y": round(HEIGHT - 14 - (HEIGHT - 28) * (event.points / most) ** 0.5, 1),
        "tone": event.verdict or "history", "this": event.event_id == this,
        "title": f"{moments.text(event.recorded_ms)}: {event.kind}, {event.points:,} points",
    } for event in past]


def _heaviest(case: Case) -> float:
    return max((abs(reason["contribution"]) for reason in case.reasons
                if reason.get("contribution") is not None), default=0.0)


def _bars(value: object, usual: object) -> tuple[float, float] | None:
    if not isinstance(value, int | float) or not isinstance(usual, int | float):
        return None
    if isinstance(value, bool) or value < 0 or usual < 0 or max(value, usual) == 0:
        return None
    most = max(value, usual)
    return (round(BAR * value / most, 1), round(BAR * usual / most, 1))


def _number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value or "")


def _rarer(anomaly: float | None) -> str:
    return f"{percent(anomaly)} of comparable events" if anomaly is not None else ""
