"""What a standing campaign brought: measured where it can be, estimated until then.

Measured is against its control group (`serving.campaigns.results`). Estimated adds up what each
offer that was sent was expected to change when it was decided, by effects that were assumed or
learnt from earlier decisions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from models.texts import Texts
from serving.campaigns.results import results
from serving.campaigns.telling import told, told_stop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.store.journal import Journal
    from serving.campaigns.outcomes import Activity
    from serving.campaigns.standing import StopRule

Basis = Literal["measured", "assumed", "nothing"]


@dataclass(frozen=True)
class Brought:
    """Extra partners won back, what they cost, and how it is known.

    Parameters
    ----------
    basis : str
        measured, assumed or nothing.
    partners, low, high : float or None
        Extra partners active within the window; None where nothing can be said.
    points : int
        What was sent so far costs when every goal is met.
    each : float or None
        Points for each of them; None where it is not sure that anybody was won back.
    """

    basis: Basis
    partners: float | None
    low: float | None
    high: float | None
    points: int
    each: float | None

    @classmethod
    def of(cls, body: dict[str, Any]) -> Brought:
        """Read it out of what `brought` gave.

        >>> Brought.of({"verdict": "too_early", "cost": {"points": 600}, "won_back": {},
        ...             "estimate": {"value": 4.0, "low": 1.0, "high": 8.0}}).each
        150.0
        """
        points = int(body["cost"]["points"])
        if body["verdict"] == "measured":
            found, basis = body["won_back"]["partners"], "measured"
            each = body["won_back"]["points_per_partner"]
        else:
            found, basis = body.get("estimate"), "assumed"
            each = round(points / found["value"], 1) if found and found["value"] > 0 else None
        if found is None:
            return cls("nothing", None, None, None, points, None)
        return cls("measured" if basis == "measured" else "assumed", found["value"], found["low"],
                   found["high"], points, each)


def brought(journal: Journal, campaign_id: str, activity: Activity) -> dict[str, Any]:
    """Figures of a campaign as of a moment, without words: the desk says them in each language.

    Parameters
    ----------
    journal : Journal
    campaign_id : str
    activity : Activity
        As of the moment.

    Returns
    -------
    dict
        As `serving.campaigns.results.results`, with ``estimate`` (``value, low, high``: extra
        partners expected of what was sent; None where nothing was) in place of ``lines``.

    Raises
    ------
    NotFound
        No such campaign.
    """
    body = results(journal, campaign_id, activity, Texts.read(), "en")
    del body["lines"]
    return body | {"estimate": _estimate(journal, campaign_id)}


def expected(effects: Iterable[dict[str, Any]]) -> dict[str, float] | None:
    """Extra partners expected of some offers: the effects add up, and so do their bounds.

    The effects of one mission rest on one number, which is too high or too low for everybody at
    once: so the bounds do not shrink with the number of offers.

    >>> expected([{"value": 0.5, "low": 0.25, "high": 0.75}] * 2)
    {'value': 1.0, 'low': 0.5, 'high': 1.5}
    """
    found = [(one["value"], one["low"], one["high"]) for one in effects]
    if not found:
        return None
    value, low, high = (round(sum(column), 2) for column in zip(*found, strict=True))
    return {"value": value, "low": low, "high": high}


def sentences(body: dict[str, Any], rule: StopRule, texts: Texts, language: str) -> list[str]:
    """What a campaign brought, in sentences of a language; the stop rule it broke comes last."""
    lines = told(body, texts, language)
    stopped = body["stopped"]
    if stopped is not None and texts.has(f"campaign.stop.{stopped['reason']}"):
        lines.append(told_stop(stopped["reason"], rule, texts, language))
    return lines


def _estimate(journal: Journal, campaign_id: str) -> dict[str, float] | None:
    """Expected of each partner's first offer that was sent."""
    with journal.database.reading() as store:
        rows = store.rows(
            "SELECT d.member_id, s.body FROM standing_decisions d JOIN suggested s "
            "ON s.program = d.program AND s.decision_id = d.decision_id "
            "WHERE d.program = ? AND d.campaign_id = ? AND d.code = 'sent' "
            "ORDER BY d.day DESC, d.position DESC", (journal.key, campaign_id))
    first = {member: json.loads(body).get("expected_effect") for member, body in rows}
    return expected(effect for effect in first.values() if effect)
