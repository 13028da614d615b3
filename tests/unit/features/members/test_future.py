"""Nothing at or after the moment of judging changes a member's features."""

import random

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.members.rhythm import member_features

AS_OF = 400
EVENT = st.tuples(st.integers(1, 4), st.integers(0, 500), st.integers(0, 60), st.integers(0, 2))
"""Member, day it happened, days it took to arrive, outcome."""
LATER = st.tuples(st.integers(1, 30), st.integers(0, 500), st.integers(0, 5))
"""Event, day, and a label or status."""
QUICK = settings(max_examples=12, deadline=None,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])


def build(memory, events, labels, decisions, only_past=False):
    """A journal with members, late events, labels, decisions, campaigns and offers."""
    def kept(day):
        return not only_past or day < AS_OF

    scans, rewards = [], []
    for i, (member, day, late, outcome) in enumerate(events, start=1):
        if kept(day + late):
            arrival = {"recorded_at": memory.at(day + late)}
            event = memory.scan(i, member, day, outcome=outcome, **arrival)
            if i % 3:
                scans.append(event)
            else:
                rewards.append(event | {"fulfilled_at": memory.at(day + late + 20)})
    return memory.journal(
        {"members": [memory.member(m, m * 10, outlet_id=1, off_season=1) for m in range(1, 5)],
         "scans": scans, "redemptions": rewards,
         "feedback": [{"event_id": e, "label": v % 2, "decided_at": memory.at(day)}
                      for e, day, v in labels if kept(day)],
         "campaigns": [{"campaign_id": e, "kind": 0, "starts_at": memory.at(day),
                        "ends_at": memory.at(day + 9)} for e, day, _ in labels if kept(day)],
         "missions": [{"decision_id": i, "member_id": 1 + e % 4, "decided_at": memory.at(day),
                       "mission_id": 1, "propensity": 5, "holdout": v % 3}
                      for i, (e, day, v) in enumerate(decisions, start=1) if kept(day)]},
        decisions=[(e, v, day) for e, day, v in sorted(decisions, key=lambda d: d[1])
                   if kept(day)],
        words={"off_season": {1: "10-01/12-15"}})


@QUICK
@given(st.lists(EVENT, max_size=30), st.lists(LATER, max_size=10), st.lists(LATER, max_size=10))
def test_deleting_the_future_changes_nothing(memory, events, labels, decisions):
    """With everything at or after the moment gone from the journal, the frame is the same."""
    as_of_ms = memory.at(AS_OF) - 1
    whole, past = (build(memory, events, labels, decisions, cut) for cut in (False, True))
    pd.testing.assert_frame_equal(member_features(whole, as_of_ms),
                                  member_features(past, as_of_ms))


def test_the_order_of_rows_does_not_matter(memory):
    """Members may stand in any order in the journal."""
    members = [memory.member(m, m * 10, outlet_id=1) for m in range(1, 9)]
    scans = [memory.scan(i, 1 + i % 8, i * 3) for i in range(1, 60)]
    frames = []
    for seed in (0, 1):
        random.Random(seed).shuffle(members)
        journal = memory.journal({"members": members, "scans": scans})
        frames.append(member_features(journal, memory.at(300)))
    pd.testing.assert_frame_equal(*frames)
