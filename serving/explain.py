"""`jaga explain`: a stored verdict derived again from the journal and its bundle, and compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.catalog import CATALOG
from features.errors import NotFound
from features.records import COLUMN
from features.store.stream import event_record
from models.champion import is_bare
from serving.champion import bundle_of_bare, load_bundle
from serving.judged import NO_VECTOR, Judged
from serving.limping.known import Known
from serving.limping.mender import judge_unseen
from serving.live import Live
from serving.policies import with_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.places import Ints
    from features.store.home import Home
    from features.store.journal import Journal
    from models.answers import Degraded
    from models.decision import Enforcement


@dataclass(frozen=True)
class Explanation:
    """A stored verdict beside the one derived again.

    Parameters
    ----------
    event_id : str
    equal : bool
        Whether both are the same bytes.
    differing : dict
        Per field of the verdict that differs: what is stored, what was derived.
    features_differing : list of str
        Features whose served value differs from the derived one.
    verdict : dict
        The verdict as it was stored.
    """

    event_id: str
    equal: bool
    differing: dict[str, Any]
    features_differing: list[str]
    verdict: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"event_id": self.event_id, "equal": self.equal, "differing": self.differing,
                "features_differing": self.features_differing, "verdict": self.verdict}


def explain(home: Home, event_id: str, program_id: str | None = None) -> Explanation:
    """Derive a stored verdict again and compare.

    One that was given without models or without the state is derived without them too; of the
    latter no features were stored, so there are none to compare.

    Raises
    ------
    NotFound
        No such event, one without a verdict, or its bundle or policy is gone.
    """
    journal = home.journal(program_id)
    row, event = journal.verdict_row(event_id), journal.event(event_id)
    if row is None or event is None:
        raise NotFound("an event with a verdict", "none of that event_id", "check it")
    stored = json.loads(row["body"])
    live = _over(home, journal, row["bundle_id"], row["policy_version"], stored["degraded"])
    record = event_record(*event, event[1]["place"], event[1]["seq"])
    if stored["degraded"] == "state":
        derived = _unseen(live, record, event_id, stored)
    else:
        live.rebuild(until=row["place"])
        live.circumstances.speak(event[1]["member_id"], stored["partner_message"]["language"])
        derived = live.observe_and_judge(record, event_id, _enforcement(stored))
    return _compare(event_id, stored, row, derived, live.bundle.stored_names)


def _over(home: Home, journal: Journal, bundle_id: str, policy: str, degraded: Degraded) -> Live:
    """Open a journal with a verdict's own bundle and policy, and without what it did without."""
    if is_bare(bundle_id):
        bare = bundle_of_bare(home, journal, bundle_id)
        return Live(journal, with_policy(journal, bare, policy), CATALOG, "model")
    catalog = home.catalog(journal.program.program_id)
    bundle = load_bundle(home, journal, bundle_id, catalog)
    return Live(journal, with_policy(journal, bundle, policy), catalog, degraded)


def _unseen(live: Live, record: Ints, event_id: str, stored: dict[str, Any]) -> Judged:
    """Judge again as it was judged while the state was away: by the journal's tables alone."""
    journal, place = live.journal, int(record[COLUMN["place"]])
    known = Known(journal.program, journal.key, place)
    with journal.database.reading() as store:
        known.read(store, place)
        verdict = judge_unseen(
            known, store, journal.program, record, event_id, live.bundle, _enforcement(stored),
            stored["partner_message"]["language"])
    return Judged(verdict, NO_VECTOR, verdict.to_json_bytes())


def _enforcement(stored: dict[str, Any]) -> Enforcement:
    """Say under which enforcement a verdict was given, as far as it made a difference."""
    if not stored["enforced"]:
        return "observe"
    return "full" if stored["verdict"] == stored["would_have"] else "hold"


def _compare(
    event_id: str, stored: dict[str, Any], row: dict[str, Any], derived: Judged,
    names: Sequence[str],
) -> Explanation:
    again = json.loads(derived.body)
    differing = {name: {"stored": stored.get(name), "derived": again.get(name)}
                 for name in stored.keys() | again.keys() if stored.get(name) != again.get(name)}
    served = np.frombuffer(row["vector"], dtype=np.float64)
    return Explanation(event_id, bytes(row["body"]) == derived.body, differing,
                       _differing_features(served, derived.vector, names), stored)


def _differing_features(served: Any, derived: Any, names: Sequence[str]) -> list[str]:
    """Compare two vectors, both of the features that the bundle knew at training."""
    if len(served) != len(derived):
        return [f"{len(served)} features were served, {len(derived)} are derived"]
    same = (served == derived) | (np.isnan(served) & np.isnan(derived))
    return [names[int(index)] for index in np.flatnonzero(~same)]
