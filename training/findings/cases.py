"""Ten members to look at first, with what stands against them in words.

An event counts fully where a hard rule is broken, and with a share that grows with how unusual it
is otherwise. A member's case adds up his events, each with the square root of its points so that
one large claim does not hide fifty small ones, times the part of his events that count at all:
who does a lot does some of it unusually. The sentences are those a live verdict would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.contract import DECLARATIONS, ENTRY_CHANNELS, EVENT_KINDS, PERSONAS
from models.families import DECLARATION_FEATURES, family
from models.judgement import judge
from models.occasion import Occasion
from training.findings.slipping import about
from training.rules import rules, tracks_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.store.journal import Journal
    from models.anomaly import AnomalyModel
    from models.answers import Verdict
    from models.bundle import Bundle
    from training.events import Events

SHOWN: Final = 10
TELLING: Final = 4
"""Strongest events of a member that are put into words."""
SENTENCES: Final = 4
UNUSUAL_FROM: Final = 0.98
"""Share of comparable events that must look less unusual before an event counts at all."""
KINDS: Final = tuple(EVENT_KINDS)
SILENT_CODES: Final = ("anomaly.share", "proof.code_credited_self")
"""Reasons that explain nothing by themselves, or are no mark against anyone."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """One member to look at.

    Parameters
    ----------
    about : str
        Persona and region, as far as known.
    proofs : sequence of str
        Short words for hard rules broken, with how often.
    reasons : sequence of str
        Sentences, strongest first.
    events : sequence of str
        Ids of the events to begin with.
    points, count : int
        Points and number of the suspicious events.
    """

    member: str
    about: str
    proofs: Sequence[str]
    reasons: Sequence[str]
    events: Sequence[str]
    points: int
    count: int


def cases(journal: Journal, events: Events, bundle: Bundle, language: str = "en") -> list[Case]:
    """Find the members with the most to look at, strongest case first.

    Parameters
    ----------
    events : Events
        All events, with features.
    bundle : Bundle
        A bundle without labels; without an anomaly model only hard rules count.
    """
    weight = suspicion(events, bundle)
    stake = weight * np.sqrt(np.maximum(events.points, 1))
    named = events.member > 0
    member, counts = events.member[named], np.bincount(events.member[named])
    part = np.bincount(member, weights=weight[named]) / np.maximum(counts, 1)
    total = np.bincount(member, weights=stake[named]) * part
    order = np.argsort(-total, kind="stable")[:SHOWN]
    return [_case(journal, events, bundle, int(member), weight, stake, language)
            for member in order if total[member] > 0]


def suspicion(events: Events, bundle: Bundle) -> Floats:
    """Weigh each event from 0 to 1, shape (n,): 1 breaks a hard rule."""
    weight = np.zeros(len(events))
    if bundle.anomaly is not None and len(events):
        share = _anomaly(events, bundle, bundle.anomaly)
        weight = np.clip((share - UNUSUAL_FROM) / (1 - UNUSUAL_FROM), 0, 1) ** 2
    return np.where(rules(events) > 0, 1.0, weight)


def _anomaly(events: Events, bundle: Bundle, model: AnomalyModel) -> Floats:
    """Score as a verdict counts it: what was declared innocent, or is bulk, is set aside."""
    share = model.score(events.matrix, events.kind, events.persona)
    bits = _declared(events, bundle)
    for mark in np.unique(bits[bits > 0]):
        rows = bits == mark
        excused = bundle.policy.excuses(frozenset(
            kind for place, kind in enumerate(DECLARATIONS) if mark >> place & 1))
        blank = events.matrix[rows].copy()
        hidden = [place for name, place in bundle.index.items()
                  if family(name, bundle.families) in excused]
        blank[:, hidden] = np.nan
        again = model.score(blank, events.kind[rows], events.persona[rows])
        share[rows] = np.minimum(share[rows], again)
    return share


def _declared(events: Events, bundle: Bundle) -> Ints:
    """Bit mask of what the program declared innocent about each event, shape (n,)."""
    bits = np.zeros(len(events), np.int64)
    for name, kind in DECLARATION_FEATURES.items():
        if name in bundle.index:
            said = np.nan_to_num(events.matrix[:, bundle.index[name]]) > 0
            bits |= said.astype(np.int64) << DECLARATIONS.index(kind)
    bulk = bundle.policy.bulk
    channel = events.matrix[:, bundle.index["event_channel"]]
    personas = [PERSONAS.index(name) for name in bulk.personas]
    channels = [ENTRY_CHANNELS.index(name) for name in bulk.channels]
    is_bulk = np.isin(events.persona, personas) & np.isin(channel, channels)
    return bits | is_bulk.astype(np.int64) << DECLARATIONS.index("bulk_channel")


def _case(
    journal: Journal, events: Events, bundle: Bundle, member: int, weight: Floats, stake: Floats,
    language: str,
) -> Case:
    mine = np.flatnonzero((events.member == member) & (weight > 0))
    strongest = mine[np.argsort(-stake[mine], kind="stable")]
    told = [_verdict(journal, events, bundle, int(row), language) for row in strongest[:TELLING]]
    number = np.array([member])
    region = journal.frame("members", columns=["member_id", "region"])
    own = region.loc[region["member_id"] == member, "region"]
    return Case(
        member=str(journal.names("member", number)[0]),
        about=about(_persona(events, strongest), _region(journal, own.to_numpy())),
        proofs=_proofs(told), reasons=_sentences(told),
        events=[verdict.event_id for verdict in told],
        points=int(events.points[mine].sum()), count=len(mine),
    )


def _verdict(
    journal: Journal, events: Events, bundle: Bundle, row: int, language: str
) -> Verdict:
    persona = int(events.persona[row])
    occasion = Occasion(
        str(journal.names("event", events.event[row:row + 1])[0]), KINDS[int(events.kind[row])],
        int(events.points[row]), int(events.ms[row]),
        persona=PERSONAS[persona] if persona >= 0 else None, language=language,
        tracks_codes=tracks_codes(events),
    )
    return judge(bundle, journal.program, occasion, events.matrix[row], enforcement="full",
                 explain=True)


def _proofs(told: Sequence[Verdict]) -> list[str]:
    codes = [code for verdict in told for code in verdict.hard_proof]
    return [code.replace("_", " ") for code in dict.fromkeys(codes)
            if f"proof.{code}" not in SILENT_CODES]


def _sentences(told: Sequence[Verdict]) -> list[str]:
    """One sentence a code, those of proof first; a family is told by its strongest event."""
    found: dict[str, str] = {}
    for verdict in told:
        for reason in verdict.reasons:
            if reason.code not in SILENT_CODES:
                found.setdefault(reason.code, reason.text)
    firm = [code for code in found if code.startswith(("proof.", "fact.", "cap."))]
    return [found[code] for code in [*firm, *(code for code in found if code not in firm)]
            ][:SENTENCES]


def _persona(events: Events, rows: Ints) -> float:
    persona = int(events.persona[rows[0]])
    return float(persona) if persona >= 0 else float("nan")


def _region(journal: Journal, regions: Ints) -> str:
    if not len(regions) or regions[-1] == 0:
        return ""
    return str(journal.names("region", regions[-1:])[0])
