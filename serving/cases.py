"""Cases: verdicts that ask for a person, ordered by what is at stake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CLOSED = ("released", "kept", "clawed_back")
"""Statuses in which nobody has to look any more."""


@dataclass(frozen=True)
class Case:
    """A verdict other than approve, held in truth or only in thought.

    Parameters
    ----------
    case_id, member_id, kind : str
        The event's id, its member, scan, referral or redemption.
    points : int
        Points the event asks for.
    opened_ms : int
        When the verdict was given.
    status : str
        What became of the points so far.
    body : dict
        The verdict as it was answered.
    """

    case_id: str
    member_id: str
    kind: str
    points: int
    opened_ms: int
    status: str
    body: dict[str, Any]

    @property
    def would_have(self) -> str:
        """The verdict under full enforcement."""
        return str(self.body["would_have"])

    @property
    def observed(self) -> bool:
        """Whether the program only observed: nothing is held in truth."""
        return not self.body["enforced"]

    @property
    def score(self) -> float | None:
        """Chance of fraud, where a supervised model judged."""
        score = self.body["score"]
        return None if score is None else float(score)

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Reasons, strongest first."""
        return list(self.body["reasons"])

    @property
    def hard_proof(self) -> list[str]:
        """Codes of hard proof."""
        return list(self.body["hard_proof"])

    @property
    def probability(self) -> float:
        """How likely it is a fraud: proof is certain, else the score, else the anomaly.

        >>> Case("s", "m", "scan", 10, 0, "held", {"score": None, "anomaly": 0.9,
        ...      "hard_proof": []}).probability
        0.9
        """
        if self.hard_proof:
            return 1.0
        for number in (self.score, self.body["anomaly"]):
            if number is not None:
                return float(number)
        return 0.5

    @property
    def priority(self) -> float:
        """Points at stake times probability: what to look at first."""
        return self.points * self.probability

    def to_json(self, opened_at: str) -> dict[str, Any]:
        """Shape the case for the wire."""
        hold = self.body["hold"]
        return {
            "case_id": self.case_id, "member_id": self.member_id, "kind": self.kind,
            "event_ids": [self.case_id], "opened_at": opened_at,
            "hold_until": hold["until"] if hold else None, "points_at_stake": self.points,
            "probability": self.score, "priority": round(self.priority, 2),
            "observed": self.observed, "status": self.status, "reasons": self.reasons,
            "hard_proof": self.hard_proof,
        }


@dataclass(frozen=True)
class Past:
    """One event of a member in short; ``verdict`` is None where it was not judged here."""

    event_id: str
    kind: str
    recorded_ms: int
    points: int
    verdict: str | None
    status: str
