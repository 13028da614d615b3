"""A typed client of Jaga's API: verdicts, outcomes, records, suggestions.

`Jaga` waits for its answers, `AsyncJaga` is awaited; both send the same bytes again until there is
an answer or their patience ends.
"""

from jaga_client.answers import (
    Change,
    Delivered,
    Event,
    Expected,
    ExpectedEffect,
    Heeded,
    Hold,
    Inactivity,
    Member,
    Nudge,
    Nudges,
    Outcome,
    Outcomes,
    PartnerMessage,
    Reason,
    Replied,
    Sent,
    Stored,
    Suggestion,
    Suggestions,
    Trust,
    Verdict,
)
from jaga_client.awaited import AsyncJaga
from jaga_client.errors import BadRequest, Conflict, JagaError, NoAnswer, NotAllowed, NotFound
from jaga_client.events import Redemption, Referral, Scan
from jaga_client.patience import Patience
from jaga_client.waiting import Jaga

__all__ = [
    "AsyncJaga", "BadRequest", "Change", "Conflict", "Delivered", "Event", "Expected",
    "ExpectedEffect", "Heeded", "Hold", "Inactivity", "Jaga", "JagaError", "Member", "NoAnswer",
    "NotAllowed", "NotFound", "Nudge", "Nudges", "Outcome", "Outcomes", "PartnerMessage",
    "Patience", "Reason", "Redemption", "Referral", "Replied", "Scan", "Sent", "Stored",
    "Suggestion", "Suggestions", "Trust", "Verdict",
]
