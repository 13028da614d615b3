"""Reps who enrol ghosts: members and outlets that never do anything real afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.contract import ACTIVITIES, REFEREE_KINDS
from models.insiders.finding import Suspicion
from models.insiders.past import DAY
from models.insiders.tails import peer_tails

if TYPE_CHECKING:
    from models.insiders.past import Past

SETTLING_DAYS: Final = 7
"""What happens in the first days may be the rep's doing."""
RIPE_DAYS: Final = 45
"""Nobody is called a ghost sooner; thirty days is the least that says anything."""
FEWEST: Final = 5
FEWEST_GHOSTS: Final = 4
TIMES: Final = 1.5
REAL: Final = tuple(ACTIVITIES.index(name) for name in ("login", "order", "training"))
"""What a member does himself; a visit, demo or display is the rep's word."""
PERIOD_DAYS: Final = 30
DOUBT: Final = 10.0
"""Enrolments of doubt: a month with few others leans on the whole."""
OUTLET: Final = REFEREE_KINDS.index("outlet")
_WHAT_OUTLET: Final = -1


def ghost_enrolments(past: Past) -> list[Suspicion]:
    """Weigh the ghosts among each rep's ripe enrolments against others of the same months."""
    new = pd.concat([_members(past), _outlets(past)], ignore_index=True)
    first = past.events["ms"].min() if len(past.events) else past.as_of_ms
    new = new[(new["ms"] >= first) & (new["ms"] < past.as_of_ms - RIPE_DAYS * DAY)]
    if new.empty:
        return []
    new = new.assign(ghost=~(new["last"] > new["ms"] + SETTLING_DAYS * DAY),
                     month=new["ms"] // (PERIOD_DAYS * DAY))
    new["expected"] = _expected(new)
    by = new.groupby("rep").agg(n=("ghost", "size"), k=("ghost", "sum"), e=("expected", "sum"))
    by = by.astype(float)
    by["p"] = peer_tails(*(by[name].to_numpy() for name in ("k", "n", "e")))
    by.loc[(by["k"] < FEWEST_GHOSTS) | (by["k"] < TIMES * by["e"]), "p"] = 1.0
    return [_suspicion(new[new["rep"] == rep], int(rep), row)
            for rep, row in by[by["n"] >= FEWEST].iterrows()]


def _suspicion(own: pd.DataFrame, rep: int, row: pd.Series) -> Suspicion:
    ghosts = own[own["ghost"]]
    people = ghosts.loc[ghosts["what"] != _WHAT_OUTLET, "subject"]
    weeks = (own["ms"] // (7 * DAY)).value_counts()
    return Suspicion("ghost_enrolments", "member", rep, float(row["p"]), {
        "enrolled": float(row["n"]), "ghosts": float(row["k"]),
        "share": float(row["k"] / row["n"]), "peers_share": float(row["e"] / row["n"]),
        "ghost_outlets": float((ghosts["what"] == _WHAT_OUTLET).sum()),
        "busiest_week": float(weeks.iloc[0]),
    }, tuple(np.asarray(people[:200]).tolist()))


def _members(past: Past) -> pd.DataFrame:
    """Members that a rep enrolled, and when each last did something himself."""
    new = past.members[past.members["enrolled_by"] > 0]
    events = past.events
    own = events.loc[(events["kind"] == 0) & (events["agent_id"] == 0), ["member_id", "ms"]]
    acts = past.activities.loc[past.activities["kind"].isin(REAL), ["member_id", "ms"]]
    last = pd.concat([own, acts]).groupby("member_id")["ms"].max()
    return pd.DataFrame({"rep": new["enrolled_by"].to_numpy(), "subject": new.index.to_numpy(),
                         "what": new["persona"].to_numpy(), "ms": new["joined_at"].to_numpy(),
                         "last": last.reindex(new.index).to_numpy(float)})


def _outlets(past: Past) -> pd.DataFrame:
    """Outlets that somebody brought, and when goods were last seen at each."""
    new = past.referrals[(past.referrals["referee_kind"] == OUTLET)
                         & (past.referrals["referee"] > 0)]
    new = new.drop_duplicates(["member_id", "referee"])
    last = past.goods.groupby("outlet_id")["ms"].max()
    return pd.DataFrame({"rep": new["member_id"].to_numpy(), "subject": new["referee"].to_numpy(),
                         "what": _WHAT_OUTLET, "ms": new["ms"].to_numpy(),
                         "last": last.reindex(new["referee"]).to_numpy(float)})


def _expected(new: pd.DataFrame) -> pd.Series:
    """Chance of a ghost among others' enrolments of the same month and kind."""
    keys = [new["month"], new["what"]]
    value = new["ghost"].astype(float)
    overall = value.groupby(new["what"]).transform("mean")
    cell, own = value.groupby(keys), value.groupby([*keys, new["rep"]])
    hits = cell.transform("sum") - own.transform("sum")
    trials = cell.transform("size") - own.transform("size")
    return (hits + DOUBT * overall) / (trials + DOUBT)
