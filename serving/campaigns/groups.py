"""The control group of a campaign: a salted hash of those who are drawn together.

The draw names the campaign and the cluster and nothing else, so it is the same every night; who
was decided for once stays where he was, even if he moves to another outlet.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from features.exports.missions import NOBODY
from models.draws import draw
from models.missions.records import DIGITS

if TYPE_CHECKING:
    from serving.campaigns.standing import StandingCampaign

Record = dict[str, Any]


def in_control(program_id: str, campaign: StandingCampaign, cluster: str) -> bool:
    """Whether a cluster gets nothing for as long as the campaign lives."""
    return draw("standing", program_id, campaign.id, cluster) < campaign.control


def arm_of(record: Record, program_id: str, campaign: StandingCampaign, before: str) -> str:
    """Arm of a decision: that of the member's earlier ones, else by the draw.

    Parameters
    ----------
    record : dict
        A decision as `models.missions.suggestions.Plan.records` holds it.
    program_id : str
    campaign : StandingCampaign
    before : str
        ``offered`` or ``control`` where he was drawn before, else empty.
    """
    if record["holdout"] == "global":
        return "global"
    if before:
        return before
    held = in_control(program_id, campaign, record["cluster"])
    return "control" if held else "offered"


def assigned(record: Record, arm: str, campaign: StandingCampaign) -> Record:
    """A decision with the campaign's draw in it: what was done, and every chance after the draw.

    Parameters
    ----------
    record : dict
        As drawn without the campaign.
    arm : str
        As `arm_of` says.
    campaign : StandingCampaign
    """
    kept = 1 - campaign.control
    sent = {name: round(chance * kept, DIGITS) for name, chance in record["candidates"].items()
            if name != NOBODY}
    candidates = sent | {NOBODY: round(1 - sum(sent.values()), DIGITS)}
    new = record | {
        "decision_id": _id(record), "candidates": candidates,
        "holdout_chance": round(1 - kept * (1 - record["holdout_chance"]), DIGITS),
    }
    if arm == "control" and record["intended"] != NOBODY:
        new |= {"mission_id": NOBODY, "holdout": "mission", "cost_points": 0}
    return new | {"propensity": candidates[new["mission_id"]]}


def _id(record: Record) -> str:
    """Id of a decision, which begins with its mission as every other does.

    What was known is part of it: a run that was cut off and goes on when more is known decides
    anew, and must not find the chances of before under the same id.
    """
    text = "\x1f".join((record["decision_id"], record["as_of"]))
    return f"{record['intended']}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"
