"""Which events a candidate certainly approves, found for many events at once.

An event without proof, without a missing fact, within its caps, neither denied nor of a watched
batch, and with every mark below its limit is approved by `models.decision.decide`, whatever else
is known of it. What is declared, allowed, snoozed or excused only ever lets more through. So
whoever does not pass the gate here must be judged, and whoever passes need not be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.contract import EVENT_KINDS, PERSONAS
from models.proof import CAPS, INVOICE, PRINTED, VOID
from models.sandbox import SANDBOX
from models.thresholds import NEAREST, TILT

if TYPE_CHECKING:
    from features.exports.program import Program
    from features.places import Ints
    from models.bundle import Bundle
    from models.rules import Rule

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
KINDS: Final = tuple(EVENT_KINDS)
TINY: Final = 1e-12
"""So that a limit of 1 has odds."""


@dataclass(frozen=True)
class Slice:
    """Events of one slice, as the gate sees them.

    Parameters
    ----------
    matrix : shape (n, features)
        In the order of the bundle's features, NaN where unknown.
    kinds, personas, points, ms : shape (n,)
        Position of kind and persona (-1 where not known), points asked for, the server's clock.
    tracks_codes : shape (n,)
        Whether the program had handed over a code by then.
    rings : shape (n,), or None
        Score of each member's ring, NaN without one; None where nobody looks at rings.
    """

    matrix: Floats
    kinds: Ints
    personas: Ints
    points: Ints
    ms: Ints
    tracks_codes: Bools
    rings: Floats | None = None

    def __len__(self) -> int:
        return len(self.kinds)


def has_facts(part: Slice, bundle: Bundle, program: Program) -> Bools:
    """Events with a proof, a missing fact or a cap passed, but for the deny list: `find_proofs`.

    In a sandbox every event, as its id may force a verdict.
    """
    if program.program_id == SANDBOX:
        return np.ones(len(part), dtype=np.bool_)

    def of(name: str) -> Floats:
        position = bundle.index.get(name)
        return np.full(len(part), np.nan) if position is None else part.matrix[:, position]

    found = np.zeros(len(part), dtype=np.bool_)
    for name in ("code_credited_other", "code_credited_self", "claim_credited"):
        found |= of(name) > 0
    found |= np.isnan(of("claim_credited")) & (of("invoice_before") > 0)
    status, known, hours = of("code_status"), of("code_known"), of("code_dispatched_hours")
    doubt = (known == 0) | ((known > 0) & ((hours < 0) | ((status == PRINTED) & ~(hours >= 0))))
    if program.codes_complete_until_ms is None:
        doubt &= part.tracks_codes
    proof = of("event_proof")
    nameless = ~np.isnan(proof) & (proof != INVOICE) & np.isnan(known) & part.tracks_codes
    found |= (status == VOID) | doubt | nameless
    for code, name, kinds in CAPS:
        limit = getattr(program.caps, code)
        if limit is not None:
            found |= (of(name) > limit) & np.isin(part.kinds, [KINDS.index(kind) for kind in kinds])
    return np.asarray(found)


@dataclass(frozen=True)
class Limits:
    """Where the marks of some events begin to hold, shape (n,) each; infinite: never."""

    score: Floats
    anomaly: Floats
    ring: Floats

    @classmethod
    def of(cls, bundle: Bundle, part: Slice) -> Limits:
        """Read a candidate's limits for the events of a slice; a cool-off is one of the score's."""
        who = part.kinds, part.personas
        steps = _filled([[bundle.policy.step(kind, persona) for persona in (*PERSONAS, None)]
                         for kind in KINDS])
        return cls(np.minimum(_limits(bundle, "score", part), steps[who]),
                   _limits(bundle, "anomaly", part), _limits(bundle, "ring", part))

    def lowest(self, other: Limits) -> Limits:
        """The lower of two limits each."""
        return Limits(np.minimum(self.score, other.score), np.minimum(self.anomaly, other.anomaly),
                      np.minimum(self.ring, other.ring))

    def reached(self, part: Slice, bundle: Bundle) -> Bools:
        """Events with a mark of a bundle's models, or a ring, that may reach its limit."""
        found = np.zeros(len(part), dtype=np.bool_)
        if part.rings is not None:
            found |= part.rings >= self.ring
        if bundle.anomaly is not None:
            found |= bundle.anomaly.may_reach(part.matrix, part.kinds, part.personas,
                                              np.where(found, np.inf, self.anomaly))
        if bundle.fraud is not None:
            at = np.flatnonzero(~found & np.isfinite(self.score))
            found[at] = bundle.fraud.score(part.matrix[at]) >= self.score[at]
        return found


def _limits(bundle: Bundle, rule: Rule, part: Slice) -> Floats:
    """Lowest number by which a rule can hold each event, as `Policy.reaches` compares it."""
    policy, thresholds, who = bundle.policy, bundle.thresholds, (*PERSONAS, None)
    table = _filled([[policy.limit(rule, kind, persona, thresholds) for persona in who]
                     for kind in KINDS])
    found = table[part.kinds, part.personas]
    if rule == "ring" or not policy.thresholds.stakes:
        return found
    is_moved = np.array([[policy.written(rule, kind, persona) == "bundle" for persona in who]
                         for kind in KINDS])[part.kinds, part.personas]
    for index, kind in enumerate(KINDS):
        usual = thresholds.usual_points.get(kind)
        if usual is not None:
            at = is_moved & (part.kinds == index) & (part.points > 0) & np.isfinite(found)
            found[at] = _unweighed(found[at], part.points[at], usual)
    return found


def _unweighed(limit: Floats, points: Ints, usual: float) -> Floats:
    """Number that `models.thresholds.weighed` carries to a limit, or a little less.

    >>> from models.thresholds import weighed
    >>> found = _unweighed(np.array([0.9]), np.array([400]), 100.0)
    >>> weighed(found, np.array([400]), 100.0).round(6)
    array([0.9])
    """
    odds = limit / np.maximum(1 - limit, TINY) / (np.maximum(points, 1) / usual) ** TILT
    return odds / (1 + odds) - 2 * NEAREST


def _filled(rows: list[list[float | None]]) -> Floats:
    return np.array([[np.inf if limit is None else limit for limit in row] for row in rows])
