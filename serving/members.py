"""Every member as of a moment: how unusual, how likely silent, in which state, and why."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from features.contract import PERSONAS, TIERS
from features.engine.state import State
from features.errors import Unavailable
from features.members.known import History
from features.members.rhythm import member_frame
from features.places import MISSING, first_place, place_ms
from features.progress import Progress, silent
from features.records import COLUMN, SCORED
from models.answers import ExpectedDate, Inactivity
from models.inactivity.changes import Changes
from models.missions.scene import Scene
from serving.casework import Casework
from serving.listed import Listed
from serving.lists import Lists

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.catalog import Catalog
    from features.places import Ints
    from features.store.journal import Journal
    from models.bundle import Bundle

RECENT_DAYS: Final = 90
"""How far back a member's events count for how unusual he is."""
WORST: Final = 3
"""His most unusual events; one alone may be chance."""
DAY_MS: Final = 86_400_000
ABSENT: Final = 1e-4
"""Least distance from certainty, so that one event can not outweigh every other."""
EXPLAINED: Final = ("slipping", "lapsed")
TOGETHER: Final = 8_192
"""Rows whose features are made at once: a matrix of all would take some 3 KB of memory each."""


@dataclass(frozen=True)
class Members:
    """Every member of a program as of a moment.

    Parameters
    ----------
    table : DataFrame
        Index ``member`` (numbers); ``member_id``, ``persona``, ``tier``, ``region``,
        ``language`` as text or None, ``anomaly`` (0..1, NaN without events or where it was not
        asked for), and the columns of `models.inactivity.model.InactivityModel.predict`.
    scene : Scene
        What suggestions depend on; its frame has the same index.
    as_of_ms : int
        Knows what was known before this moment.
    changes : Changes
        What would make a member's silence less likely.
    language : str
        Language of the reasons.
    """

    table: pd.DataFrame
    scene: Scene
    as_of_ms: int
    changes: Changes
    language: str

    def what_would_change(self, member: int) -> dict[str, Any] | None:
        """Tell other histories of a member who slips or lapsed; None in other states."""
        if self.table.at[member, "state"] not in EXPLAINED:
            return None
        return self.changes.to_json(member, self.language)


def score_members(
    journal: Journal, bundle: Bundle, catalog: Catalog, as_of_ms: int,
    progress: Progress = silent,
) -> Members:
    """Score every member as of a moment; the bundle is bound to the catalogue.

    Raises
    ------
    Unavailable
        As `members_without_anomaly`.
    """
    members = members_without_anomaly(journal, bundle, as_of_ms, progress)
    found = with_anomaly(members, journal, bundle, catalog)
    progress("members", 3, 3)
    return found


def members_without_anomaly(
    journal: Journal, bundle: Bundle, as_of_ms: int, progress: Progress = silent,
    history: History | None = None,
) -> Members:
    """Score every member as of a moment, but for how unusual he is, which takes most of the time.

    ``history`` is the journal's as of the same moment, where somebody has read it already.

    Raises
    ------
    Unavailable
        Where the bundle holds no inactivity model.
    """
    if bundle.inactivity is None:
        raise Unavailable("a bundle with an inactivity model", f"{bundle.bundle_id} without one",
                          "train again once members have a history")
    progress("members", 0, 3)
    history = history or History.read(journal, as_of_ms)
    known = history.known(as_of_ms, _denied(journal, as_of_ms))
    frame = member_frame(known)
    languages = _languages(journal, frame["language"])
    progress("members", 1, 3)
    language = bundle.texts.language(*journal.program.languages)
    answers = bundle.inactivity.predict(frame, bundle.texts, language)
    progress("members", 2, 3)
    table = answers.assign(**_words(journal, frame, as_of_ms), language=languages, anomaly=np.nan)
    scene = Scene.of(journal, known, frame, answers, bundle.uplift, as_of_ms, bundle.bundle_id,
                     _with_open_case(journal, as_of_ms))
    return Members(table, scene, as_of_ms,
                   Changes(known, frame, bundle.inactivity, bundle.texts), language)


def with_anomaly(
    members: Members, journal: Journal, bundle: Bundle, catalog: Catalog,
    records: Iterable[Ints] | None = None,
) -> Members:
    """The same members, with how unusual each is; every recent event is judged for it.

    ``records`` is the journal's stream up to the members' moment, where somebody reads it anyway.
    """
    table = members.table
    surprise = surprises(journal, bundle, catalog, members.as_of_ms, records).reindex(table.index)
    return replace(members, table=table.assign(
        anomaly=shares(surprise, table["persona"].fillna(""))))


def _with_open_case(journal: Journal, as_of_ms: int) -> frozenset[int]:
    """Members with a case that was opened before a moment and is open at the desk."""
    with journal.database.reading() as store:
        return Casework(store, journal.key).members_open(as_of_ms)


def _denied(journal: Journal, as_of_ms: int) -> frozenset[int]:
    """Members on the deny list at a moment."""
    with journal.database.reading() as store:
        entries = Lists(store, journal.key).entries()
    return Listed(entries).members(as_of_ms)


def _words(journal: Journal, frame: pd.DataFrame, as_of_ms: int) -> dict[str, Any]:
    """Say in words who each member is."""
    numbers = frame.index.to_numpy().astype(np.int64)
    facts = journal.frame("members", until=first_place(as_of_ms), latest=True,
                          columns=["member_id", "persona", "tier", "region"])
    facts = facts.set_index("member_id").reindex(numbers)
    regions = facts["region"].fillna(0).to_numpy().astype(np.int64)
    return {
        "member_id": [str(name) for name in journal.names("member", numbers)],
        "persona": [_word(PERSONAS, cell) for cell in facts["persona"].fillna(MISSING)],
        "tier": [_word(TIERS, cell) for cell in facts["tier"].fillna(MISSING)],
        "region": [str(name) or None for name in journal.names("region", regions)],
    }


def surprises(
    journal: Journal, bundle: Bundle, catalog: Catalog, as_of_ms: int,
    stream: Iterable[Ints] | None = None,
) -> pd.Series:
    """Mean surprise of each member's most unusual recent events, by member.

    The surprise of an event is minus the log of the share of comparable events that look at
    least as unusual.
    """
    if bundle.anomaly is None:
        return pd.Series(dtype=np.float64)
    found: list[pd.DataFrame] = []
    since = first_place(max(as_of_ms - RECENT_DAYS * DAY_MS, 0))
    state = State(catalog, journal.program.timezone)
    own_persona = catalog.names.index("member_persona")
    for records in stream or journal.records(until=first_place(as_of_ms)):
        start = int(np.searchsorted(records[:, COLUMN["place"]], since))
        state.advance(records[:start])  # features of old events are not asked for
        for first in range(start, len(records), TOGETHER):
            part = records[first:first + TOGETHER]
            matrix = state.replay(part)
            judged = part[part[:, COLUMN["kind"]] < SCORED]
            known = judged[:, COLUMN["member"]] > 0
            if known.any():
                persona = np.nan_to_num(matrix[known, own_persona], nan=-1).astype(np.int64)
                score = bundle.anomaly.score(matrix[known], judged[known, COLUMN["kind"]], persona)
                found.append(pd.DataFrame({"member": judged[known, COLUMN["member"]],
                                           "surprise": -np.log(np.maximum(1 - score, ABSENT))}))
    if not found:
        return pd.Series(dtype=np.float64)
    every = pd.concat(found).sort_values("surprise", ascending=False)
    worst = every.groupby("member", sort=False).head(WORST)
    return worst.groupby("member")["surprise"].mean()


def shares(surprise: pd.Series, personas: pd.Series) -> np.ndarray[Any, Any]:
    """Share of members of the same persona that look less unusual, NaN where unknown.

    >>> shares(pd.Series([1.0, 3.0, 2.0]), pd.Series([0, 0, 0])).round(2)
    array([0.17, 0.83, 0.5 ])
    """
    grouped = surprise.groupby(personas.to_numpy())
    return np.asarray((grouped.rank() - 0.5) / grouped.transform("count"), dtype=np.float64)


def inactivity_of(row: Any) -> Inactivity:
    """Turn one row of the table into the contract's answer."""
    expected = ExpectedDate(*(_date(row[name]) for name in
                              ("expected_next_activity", "low", "high")))
    return Inactivity(float(row["p_inactive"]), int(row["horizon_days"]), expected,
                      str(row["state"]), tuple(row["reasons"]))


def reasons_text(state: str, reasons: Any) -> str | None:
    """Write reasons as JSON text; None in states that need none."""
    if state not in EXPLAINED:
        return None
    return json.dumps([reason.to_json() for reason in reasons], ensure_ascii=False)


def default_as_of(journal: Journal) -> int:
    """Say the moment just after the journal's last event."""
    return place_ms(journal.last_place) + 1


def _date(day: float) -> Any:
    return None if np.isnan(day) else (np.datetime64(0, "D") + round(day)).item()


def _word(words: tuple[str, ...], number: float) -> str | None:
    return words[int(number)] if 0 <= number < len(words) else None


def _languages(journal: Journal, numbers: pd.Series) -> list[str]:
    fallback = journal.program.languages[0]
    names = journal.names("language", numbers.fillna(0).to_numpy().astype(np.int64))
    return [str(name) if name else fallback for name in names]
