"""Reviewers who rubber-stamp: they approve within seconds what others decline or audits disprove.

A specialist who gets one region's cases approves what that region deserves, so every reviewer is
compared with the others on the same kind, outcome and region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.contract import LABELS, SOURCES
from models.insiders.finding import Suspicion
from models.insiders.tails import peer_tails, together

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from models.insiders.past import Past

FEWEST: Final = 30
"""Decisions of one reviewer below which nothing is said."""
FEWEST_SIGNS: Final = 3
TIMES: Final = 1.5
LENIENT: Final = 0.05
"""Being lenient is never more than a weak sign: it adds to being quick or disproved."""
QUICK_SHARE: Final = 0.1
"""Quick is a tenth of what the median decision of everybody takes, and at most `QUICK_MS`."""
QUICK_MS: Final = 30_000
BANDS: Final = (0.1, 0.3, 0.6, 0.9)
"""Edges of the bands of score within which approvals are compared."""
DOUBT: Final = 5.0
"""Decisions of doubt: what a stratum with few others borrows from the whole."""
_LEGIT, _FRAUD = LABELS.index("legit"), LABELS.index("fraud")
_REVIEW, _AUDIT, _CHARGEBACK = (SOURCES.index(name) for name in ("review", "audit", "chargeback"))


def rubber_stamp(past: Past, scores: Mapping[int, float] | None = None) -> list[Suspicion]:
    """Weigh each reviewer's approvals: how many, how quick, how often disproved.

    Parameters
    ----------
    past : Past
    scores : mapping of event number to score, optional
        Scores shown with the cases; without them cases are compared by kind, outcome and region.
    """
    cases = _cases(past, scores)
    if cases.empty:
        return []
    signs = {name: _sign(cases, name) for name in ("stamped", "disproved", "legit")}
    found = []
    for reviewer, own in cases.groupby("reviewer_id"):
        if len(own) < FEWEST:
            continue
        ps = {name: float(sign.at[reviewer, "p"]) for name, sign in signs.items()}
        lenient = max(ps["legit"], LENIENT)
        p = min(1.0, 2 * min(together([ps[name], lenient]) for name in ("stamped", "disproved")))
        odd = own[own["stamped"] | own["disproved"]]
        members = odd["member_id"].value_counts()
        found.append(Suspicion("rubber_stamp", "agent", int(reviewer), p, {
            "decisions": float(len(own)), "approve_rate": float(own["legit"].mean()),
            "expected_rate": float(signs["legit"].at[reviewer, "expected"] / len(own)),
            "stamped": float(own["stamped"].sum()), "disproved": float(own["disproved"].sum()),
            "median_seconds": float(own["took"].median() / 1000),
            **{f"{name}_p": value for name, value in ps.items()},
        }, tuple(np.asarray(members.index[:50]).tolist())))
    return found


def _cases(past: Past, scores: Mapping[int, float] | None) -> pd.DataFrame:
    """Every decision of a reviewer, with what it was compared by and what came of it."""
    told = past.feedback
    cases = told[(told["source"] == _REVIEW) & (told["reviewer_id"] > 0)]
    events = past.events.drop_duplicates("event_id").set_index("event_id")
    cases = cases[cases["event_id"].isin(events.index)].copy()
    if cases.empty:
        return cases
    about = events.loc[cases["event_id"], ["kind", "member_id", "outcome"]]
    cases[["kind", "member_id", "outcome"]] = about.to_numpy()
    region = past.members["region"].reindex(cases["member_id"]).fillna(0)
    cases["region"] = region.to_numpy(dtype="int64")
    cases["band"] = -1 if scores is None else np.digitize(
        [scores.get(int(event), -1.0) for event in cases["event_id"]], BANDS)
    cases["legit"] = cases["label"] == _LEGIT
    cases["took"] = (cases["ms"] - cases["opened_at"]).where(cases["opened_at"] > 0)
    quick = min(QUICK_MS, QUICK_SHARE * float(cases["took"].median()))
    cases["stamped"] = cases["legit"] & (cases["took"] < quick)
    cases["disproved"] = cases["legit"] & _disproved(told, cases)
    return cases


def _disproved(told: pd.DataFrame, cases: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether an audit or a bank later found fraud in what was decided."""
    proof = told[(told["label"] == _FRAUD) & told["source"].isin([_AUDIT, _CHARGEBACK])]
    last = proof.groupby("event_id")["ms"].max().reindex(cases["event_id"]).to_numpy(float)
    return last > cases["ms"].to_numpy()


def _sign(cases: pd.DataFrame, name: str) -> pd.DataFrame:
    """Hits, expected hits and their chance of each reviewer; what is rare or weak counts as 1."""
    expected = _expected(cases, name)
    by = pd.DataFrame({"n": 1.0, "hits": cases[name].astype(float), "expected": expected,
                       "reviewer": cases["reviewer_id"]}).groupby("reviewer").sum()
    trials, hits, mean = (by[column].to_numpy() for column in ("n", "hits", "expected"))
    by["p"] = peer_tails(hits, trials, mean)
    times = 1.0 if name == "legit" else TIMES
    by.loc[(hits < FEWEST_SIGNS) | (hits < times * mean), "p"] = 1.0
    return by


def _expected(cases: pd.DataFrame, name: str) -> pd.Series:
    """Rate of the other reviewers in the same stratum, leaning on the whole where they are few."""
    keys = [cases[key] for key in ("kind", "outcome", "region", "band")]
    value = cases[name].astype(float)
    whole, own = value.groupby(keys), value.groupby([*keys, cases["reviewer_id"]])
    hits = whole.transform("sum") - own.transform("sum")
    trials = whole.transform("size") - own.transform("size")
    mine = value.groupby(cases["reviewer_id"])
    # Half a case of doubt: that no other does it is not the same as never.
    rest = (value.sum() - mine.transform("sum") + 0.5) / (len(value) - mine.transform("size") + 1)
    return (hits + DOUBT * rest) / (trials + DOUBT)
