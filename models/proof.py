"""Hard facts about an event: what declines, what is missing, and which cap is passed.

The facts are features with fixed names, so that live and replayed events see the same. NaN means
that nobody knows; an unknown fact never declines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.contract import CODE_STATUSES, PROOFS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from features.exports.program import Program

PRINTED: Final = CODE_STATUSES.index("printed")
INVOICE: Final = PROOFS.index("invoice")
VOID: Final = CODE_STATUSES.index("void")
SELF_CODES: Final = frozenset({"code_credited_self"})
"""Proof that is no mark against the member: his own code a second time."""
HARD: Final = (
    "code_credited_other", "code_credited_self", "code_void", "code_unknown",
    "code_not_dispatched", "invoice_again", "deny_list",
)
"""Every code of hard proof, strongest first; each has the words ``proof.<code>``."""
MISSING: Final = ("code_unknown", "code_not_dispatched", "code_missing", "invoice_unproven")
"""Every code of a fact that is missing; each has the words ``fact.<code>``."""
CODE_DOUBTS: Final = frozenset({"code_unknown", "code_not_dispatched"})
"""Facts that a row of the code brings, or that a stale file of codes explains."""
CAPS: Final = (
    ("points_per_day", "member_points_24h", ("scan", "referral")),
    ("scans_per_day", "member_scans_24h", ("scan",)),
    ("redemption_points_per_day", "member_redeemed_24h", ("redemption",)),
)
"""Cap, the feature with the sum of the last 24 hours, this event included, and the kinds it
holds. A rolling day: nobody gets two days' worth around midnight."""
ASKED: Final = (
    "code_credited_other", "code_credited_self", "code_status", "code_known",
    "code_dispatched_hours", "claim_credited", "invoice_before", "event_proof",
    *(feature for _, feature, _ in CAPS),
)
"""Features that are asked about every event."""


class CapPassed(NamedTuple):
    """A daily cap that this event passes: the sum, the cap, and the event's points beyond."""

    code: str
    value: int
    limit: int
    excess: int


class Proofs(NamedTuple):
    """Codes of hard proof, codes of missing facts, and caps passed."""

    hard: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    caps: tuple[CapPassed, ...] = ()

    @property
    def is_own_code(self) -> bool:
        """Whether all that stands against the event is the member's own earlier scan."""
        return bool(self.hard) and set(self.hard) <= SELF_CODES


class EventFacts:
    """Features of one event by name; a feature that is not there is as unknown as NaN.

    >>> import numpy as np
    >>> facts = EventFacts({"code_known": 0, "code_status": 1}, np.array([1.0, np.nan]))
    >>> facts.get("code_known"), facts.get("code_status"), facts.get("other")
    (1.0, None, None)
    """

    def __init__(self, index: Mapping[str, int], vector: npt.NDArray[np.float64],
                 asked: Mapping[str, float] | None = None) -> None:
        self._index = index
        self._vector = vector
        self._asked = asked or {}

    def get(self, name: str) -> float | None:
        """Value of a feature, None where unknown."""
        value = self._asked.get(name)
        if value is None:
            position = self._index.get(name)
            if position is None:
                return None
            value = self._vector.item(position)
        return value if value == value else None

    def is_positive(self, name: str) -> bool:
        """Whether a feature is known and above zero."""
        value = self.get(name)
        return value is not None and value > 0


class FactReader:
    """Reads the features that are asked about every event together, as one by one costs more.

    >>> facts = FactReader({"code_known": 0, "own": 1}, ASKED).read(np.array([1.0, 2.0]))
    >>> facts.get("code_known"), facts.get("own"), facts.get("code_status")
    (1.0, 2.0, None)
    """

    def __init__(self, index: Mapping[str, int], names: Iterable[str]) -> None:
        self._index = index
        self._names = tuple(name for name in names if name in index)
        self._places = np.array([index[name] for name in self._names], dtype=np.intp)

    def read(self, vector: npt.NDArray[np.float64]) -> EventFacts:
        """Facts of one event, shape (features,)."""
        values = vector.take(self._places).tolist()
        return EventFacts(self._index, vector, dict(zip(self._names, values, strict=True)))


def find_proofs(facts: EventFacts, program: Program, kind: str, points: int, recorded_ms: int, *,
                tracks_codes: bool, denied: tuple[str, ...] = ()) -> Proofs:
    """Hard proof, missing facts and caps of one event.

    Parameters
    ----------
    facts : EventFacts
        Features of the event.
    program : Program
        For ``codes_complete_until`` and ``caps``.
    kind : str
        ``scan``, ``referral`` or ``redemption``.
    points : int
        What the event asks for.
    recorded_ms : int
        When the server learnt of the event.
    tracks_codes : bool
        Whether the program ever handed over a code; if not, an unknown code says nothing.
    denied : tuple of str
        What of this event is on the deny list: ``member``, ``device``, ``payout`` and so on.

    Examples
    --------
    >>> import numpy as np
    >>> from features.exports.program import Program
    >>> facts = EventFacts({"code_credited_other": 0}, np.array([1.0]))
    >>> program = Program(program_id="acme")
    >>> find_proofs(facts, program, "scan", 10, 0, tracks_codes=True).hard
    ('code_credited_other',)
    """
    hard, missing = _code(facts, program, recorded_ms, tracks_codes)
    if facts.is_positive("claim_credited"):
        hard.add("invoice_again")
    elif facts.get("claim_credited") is None and facts.is_positive("invoice_before"):
        missing.append("invoice_unproven")
    if tracks_codes and _names_no_code(facts):
        missing.append("code_missing")
    if denied:
        hard.add("deny_list")
    ordered = tuple(code for code in HARD if code in hard) if hard else ()
    return Proofs(ordered, tuple(missing), _caps(facts, program, kind, points))


def _code(facts: EventFacts, program: Program, recorded_ms: int, tracks_codes: bool
          ) -> tuple[set[str], list[str]]:
    hard = {name for name in ("code_credited_other", "code_credited_self")
            if facts.is_positive(name)}
    until = program.codes_complete_until_ms
    is_complete = until is not None and recorded_ms <= until
    if facts.get("code_status") == VOID:
        hard.add("code_void")
    elif doubt := _doubt(facts):
        if is_complete:
            hard.add(doubt)
        elif until is not None or tracks_codes:
            return hard, [doubt]
    return hard, []


def _names_no_code(facts: EventFacts) -> bool:
    """Whether a code, barcode or serial is claimed and none is named: it could be any."""
    proof = facts.get("event_proof")
    return proof is not None and proof != INVOICE and facts.get("code_known") is None


def _doubt(facts: EventFacts) -> str | None:
    """Doubt about a code that is not void: unknown, not dispatched, or None.

    A code without status and without dispatch belongs to a program that tracks neither.
    """
    known = facts.get("code_known")
    if known is None:
        return None
    if known == 0:
        return "code_unknown"
    hours = facts.get("code_dispatched_hours")
    was_dispatched = hours is not None and hours >= 0
    is_early = hours is not None and hours < 0
    if is_early or (facts.get("code_status") == PRINTED and not was_dispatched):
        return "code_not_dispatched"
    return None


def _caps(facts: EventFacts, program: Program, kind: str, points: int) -> tuple[CapPassed, ...]:
    found = []
    for code, name, kinds in CAPS:
        limit = getattr(program.caps, code) if kind in kinds else None
        total = None if limit is None else facts.get(name)
        if limit is not None and total is not None and total > limit:
            beyond = points if code == "scans_per_day" else int(total) - limit
            found.append(CapPassed(code, int(total), limit, min(beyond, points)))
    return tuple(found)
