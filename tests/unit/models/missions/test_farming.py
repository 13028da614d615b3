"""Farmers are told from members who come by themselves, and from those who left."""

import numpy as np
import pandas as pd

from models.missions.farming import ANSWER_DAYS, evidence, farmers

DAYS = 400


def world(seed, members=400, farming=25):
    """Members of several rhythms, missions to the quiet, and a few who wait for missions."""
    rng = np.random.default_rng(seed)
    offers, active = [], []
    for member in range(1, members + 1):
        is_farmer = member <= farming
        rate = rng.choice([0.2, 0.07, 0.02, 0.0])
        last, free, due = 0, 0, set()
        for day in range(DAYS):
            starts = 40 if is_farmer else DAYS
            own = rng.random() < (0.004 if day >= starts else max(rate, 0.15 * is_farmer))
            if own or day in due:
                active.append((member, day))
                last = day
            if day % 7 == 0 and day >= free and rng.random() < (0.3 if day - last > 14 else 0.03):
                offers.append((member, day, 0))
                free = day + 28
                if rng.random() < (0.6 if is_farmer and day >= starts else 0.06):
                    due.add(day + 1 + min(rng.geometric(0.28), 12))
    return (pd.DataFrame(offers, columns=["member_id", "day", "holdout"]),
            pd.DataFrame(active, columns=["member", "day"]), farming)


def test_most_farmers_are_found_and_most_found_are_farmers():
    """Precision and recall among the judged are above a half, on a world nothing was tuned on."""
    offers, days, farming = world(1)
    found = farmers(offers, days, DAYS)
    table = evidence(offers, days, DAYS)
    judged = table.index[(table["offers"] >= 3) & (table.index <= farming)]
    right = np.isin(found, np.arange(1, farming + 1)).sum()
    assert right / len(found) > 0.5
    assert right / len(judged) > 0.5


def test_nobody_is_judged_by_what_comes_later_or_by_too_little():
    """An offer whose answer time is not over says nothing, and two offers are not enough."""
    offers = pd.DataFrame({"member_id": 1, "day": [100, 150, 200], "holdout": 0})
    days = pd.DataFrame({"member": 1, "day": [90, 103, 155, 202]})
    assert farmers(offers, days, 300).tolist() == [1]
    assert farmers(offers, days, 200 + ANSWER_DAYS).tolist() == []
    assert farmers(offers.iloc[:2], days, 300).tolist() == []


def test_held_out_decisions_are_no_offers():
    """A member who was held out was asked nothing."""
    offers = pd.DataFrame({"member_id": 1, "day": [100, 150, 200], "holdout": [0, 1, 2]})
    days = pd.DataFrame({"member": 1, "day": [90, 103, 155, 202]})
    assert evidence(offers, days, 300)["offers"].tolist() == [1]


def test_evidence_counts_by_hand():
    """Three returns since the first offer, two of them paid; days that follow are no news."""
    offers = pd.DataFrame({"member_id": 5, "day": [100, 200], "holdout": 0})
    days = pd.DataFrame({"member": 5, "day": [50, 110, 111, 112, 150, 201, 203]})
    found = evidence(offers, days, 300).loc[5]
    assert found[["offers", "answered", "returns", "paid"]].tolist() == [2, 2, 3, 2]
    assert found["covered"] == 2 * ANSWER_DAYS / 200


def test_no_history_no_farmers():
    """Empty frames are fine."""
    offers = pd.DataFrame({name: np.empty(0, dtype=np.int64)
                           for name in ("member_id", "day", "holdout")})
    assert farmers(offers, pd.DataFrame({"member": [1], "day": [3]}), 10).tolist() == []
