"""What a judgement needs to know of an event beside its features, and what models say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from features.links.facts import Facts
    from models.trust import Trust


class Occasion(NamedTuple):
    """What a judgement needs to know of an event beside its features.

    Parameters
    ----------
    event_id : str
    kind : str
        ``scan``, ``referral`` or ``redemption``.
    points : int
        What it asks for.
    recorded_ms : int
        The server's clock: the moment of the decision.
    persona, channel, language : str, optional
        Of the member and the event; None where not known. The partner is spoken to in his
        language; the reasons are for people of the program, in its first one.
    denied : tuple of str
        What of this event is on the deny list: ``member``, ``device``, ``payout`` and so on.
    tracks_codes : bool
        Whether the program ever handed over a code.
    member : int
        The member's number in the journal: the same member, the same draw of a share.
    region : str, optional
        Of the member, None where not known.
    allowed, snoozed : tuple of str
        What of this event is on the allow list, or snoozed, like ``denied``.
    alarms : tuple of str
        Codes of the program's own errors that were open when the event came.
    peaks : tuple of str
        ``season``, ``campaign`` or ``festival`` that the program had announced for the member.
    released_today : int
        Events let through by chance before it on this day of the program.
    ring : float, optional
        Score of the ring that the member belongs to, by the rings of the day; None without one.
    ring_size : int
        Its members.
    ring_facts : Facts, optional
        What is told of it; nobody is named.
    watched : tuple of str
        ``batch`` where somebody watches the batch of its code: it waits for a person.
    trusts : tuple of Trust
        Of the bundles that were trusted less than in full at its place, the last word on each.
    """

    event_id: str
    kind: str
    points: int
    recorded_ms: int
    persona: str | None = None
    channel: str | None = None
    language: str | None = None
    denied: tuple[str, ...] = ()
    tracks_codes: bool = True
    member: int = 0
    region: str | None = None
    allowed: tuple[str, ...] = ()
    snoozed: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    peaks: tuple[str, ...] = ()
    released_today: int = 0
    ring: float | None = None
    ring_size: int = 0
    ring_facts: Facts | None = None
    watched: tuple[str, ...] = ()
    trusts: tuple[Trust, ...] = ()


class Marks(NamedTuple):
    """Score and anomaly of an event as the models give them, None where one does not serve."""

    score: float | None = None
    anomaly: float | None = None


class Scores(NamedTuple):
    """Score and anomaly as they are, and as they count after what is declared innocent."""

    score: float | None
    anomaly: float | None
    counted_score: float | None
    counted_anomaly: float | None
