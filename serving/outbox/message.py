"""A message: what is told, of whom, and how often that was tried."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from models.answers import rfc3339, to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSION_SEND: Final = "mission.send"
"""A mission that somebody decided to send to a member."""
OUTCOME_CHANGED: Final = "outcome.changed"
"""The status of an event's points changed."""
PROOF_ASKED: Final = "proof.asked"
"""A reviewer asks a member for a proof of his claims."""
DIGEST: Final = "copilot.digest"
"""What is new since the last night."""
ID_CHARACTERS: Final = 32


@dataclass(frozen=True)
class Message:
    """One message of a program.

    Parameters
    ----------
    message_id : str
        The same for the same fact, however often it is told.
    kind : str
        What is told, such as `MISSION_SEND`.
    ref : str
        Id of what it is about: of a mission, the decision.
    member : int
        Number of the member it is about, below 0 that of an event, 0 for none; messages of one
        keep their order.
    body : str
        JSON text, the same bytes at every try.
    created_ms : int
        When it was written.
    expires_ms : int or None
        From when on it is worth nothing; None: never.
    tries : int
        How often it was handed over in vain.
    number : int
        Its place in the outbox; 0 before it is there.
    """

    message_id: str
    kind: str
    ref: str
    member: int
    body: str
    created_ms: int
    expires_ms: int | None = None
    tries: int = 0
    number: int = 0

    def is_late(self, now_ms: int) -> bool:
        """Whether its time is over."""
        return self.expires_ms is not None and self.expires_ms <= now_ms


def message_of(
    program_id: str, kind: str, ref: str, member: int, data: Mapping[str, Any], now_ms: int,
    expires_ms: int | None = None, fact: str = "",
) -> Message:
    """Write a message; its id follows from the program, the kind and what it is about.

    Where several are told of one thing, ``fact`` says which this one is.

    The body has the shape that Standard Webhooks recommends (its specification, "Payload
    structure"): ``type``, ``timestamp``, ``data``.

    Examples
    --------
    >>> one = message_of("acme", "mission.send", "streak.5f0c", 7, {"cost_points": 60}, 0)
    >>> one.message_id
    'msg_3dfa3e6613cc3d5fca78096ca7222c28'
    >>> one.body
    '{"type":"mission.send","timestamp":"1970-01-01T00:00:00.000Z","data":{"cost_points":60}}'
    """
    text = "\x1f".join((program_id, kind, ref, fact) if fact else (program_id, kind, ref))
    name = hashlib.sha256(text.encode()).hexdigest()[:ID_CHARACTERS]
    body = {"type": kind, "timestamp": rfc3339(now_ms), "data": dict(data)}
    return Message(f"msg_{name}", kind, ref, member, to_bytes(body).decode(), now_ms, expires_ms)
