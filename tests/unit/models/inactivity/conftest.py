"""A small made-up program: shops that come weekly, farmers with a season, people who leave."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.members.known import Known
from features.members.rhythm import bare_members, member_frame
from features.members.seasons import off_days
from models.inactivity.horizons import Horizons
from models.inactivity.model import InactivityModel
from models.inactivity.snapshots import Snapshot, season_weight, snapshot_days

FIRST, TODAY = 19_000, 19_800
"""Two years and a bit, up to 18 March 2024."""
OFF = "12-01/04-15"
RETAILER, INFLUENCER = 0, 3
SUMS = ("events", "scans", "redemptions", "visits", "points", "amount", "quantity", "skus")


def active_days(rng, farmer):
    """Days of one member: a rate of his own, a chance to leave, and nothing out of season."""
    every = rng.gamma(4.0, 3.0 if not farmer else 2.0) + 1
    joined = FIRST + int(rng.integers(0, 500))
    leaves = joined + rng.exponential(900.0)
    days = joined + np.cumsum(rng.gamma(2.0, every / 2, 600)).astype(np.int64)
    days = days[(days < leaves) & (days < TODAY + 200)]
    return np.unique(days[~off_days(OFF, days)] if farmer else days)


def known(days, members, today):
    """What was known before a day."""
    past = days[days["day"] < today]
    return Known(today, past, members, off_seasons={1: OFF})


class World:
    """Days and members of a program of any size, and its model as of ``TODAY``."""

    def __init__(self, count, seed=0):
        rng = np.random.default_rng(seed)
        farmer = np.arange(1, count + 1) % 3 == 0
        parts = [pd.DataFrame({"member": m, "day": active_days(rng, farmer[m - 1])})
                 for m in range(1, count + 1)]
        days = pd.concat(parts, ignore_index=True).astype(np.int64)
        self.days = days.assign(**dict.fromkeys(SUMS, 1.0),
                                ).assign(points=rng.integers(10, 90, len(days)).astype(float))
        self.members = bare_members(pd.DataFrame({"member": np.arange(1, count + 1)})).assign(
            persona=np.where(farmer, INFLUENCER, RETAILER), joined=FIRST - 40,
            off_season=np.where(farmer & (np.arange(1, count + 1) % 2 == 0), 1, 0),
            channels=1, consent=1)

    def frame(self, today=TODAY):
        return member_frame(known(self.days, self.members, today))

    def model(self, seed=0):
        """Fit as training does: only what was known before TODAY."""
        past = self.days[self.days["day"] < TODAY]
        horizons = Horizons.fit(self.frame())
        snapshots = [
            Snapshot.of(frame, past, horizons.of(frame["persona"]), seed,
                        season_weight(day, TODAY))
            for day in snapshot_days(FIRST, TODAY, horizons.longest)
            for frame in [member_frame(known(past, self.members, day))]
        ]
        return InactivityModel.fit(snapshots, self.frame(), horizons, seed)

    def silent(self, model):
        """Who truly stayed silent through his horizon after TODAY."""
        frame = self.frame()
        horizon = model.horizons.of(frame["persona"])
        return Snapshot.of(frame, self.days, horizon, 0).table["silent"].to_numpy(dtype=bool)


@pytest.fixture(scope="session")
def world():
    """Five hundred members: enough for every rung."""
    return World(500)


@pytest.fixture(scope="session")
def model(world):
    return world.model()


@pytest.fixture(scope="session")
def rungs(world, model):
    """The fitted model on each rung, with the parts that rung has."""
    from models.inactivity.ladder import Parts

    parts = model.parts
    return {"btyd": replace(model, rung="btyd", parts=Parts()),
            "logistic": replace(model, rung="logistic", parts=Parts(parts.rfm)),
            "ensemble": replace(model, rung="ensemble", parts=parts)}


@pytest.fixture(scope="session")
def make_world():
    return World
