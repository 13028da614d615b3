"""The member frame: declared features, context, and what each table adds."""

import numpy as np
import pandas as pd
import pytest

from features.contract import DELIVERY_STATUSES
from features.members.known import History
from features.members.rhythm import CONTEXT, MEMBER_CATALOG, member_features, member_frame
from features.places import MISSING

HELD, FRAUD = 1, 1


def row(journal, as_of_ms, member=1):
    return member_features(journal, as_of_ms).loc[member]


def test_the_frame_holds_what_is_declared(memory):
    """Columns are the catalogue and the context, one row per member, all float."""
    journal = memory.journal({"members": [memory.member(1), memory.member(2)],
                              "scans": [memory.scan(1, 1, 4)]})
    frame = member_features(journal, memory.at(10))
    assert list(frame.columns) == [*MEMBER_CATALOG.names, *CONTEXT]
    assert frame.index.tolist() == [1, 2]
    assert (frame.dtypes == np.float64).all()
    assert np.isnan(frame.loc[2, "days_since_last"]), "joined and never started"


def test_every_feature_is_declared_once():
    """Names are unique, each has a meaning, and a hash that changes with the declaration."""
    assert len(set(MEMBER_CATALOG.names)) == len(MEMBER_CATALOG) == 69
    assert all(feature.meaning and feature.unit for feature in MEMBER_CATALOG)
    assert len(set(MEMBER_CATALOG.hashes.values())) == len(MEMBER_CATALOG)


def test_today_is_the_first_day_not_yet_over(memory):
    """At noon of day 10 the day counts as past: a scan that morning is one day ago."""
    journal = memory.journal({"members": [memory.member(1)], "scans": [memory.scan(1, 1, 10)]})
    found = row(journal, memory.at(10) + 1)
    assert found["today"] == memory.start + 11
    assert found["days_since_last"] == 1
    assert found["days_since_joined"] == 11


def test_rewards_late_and_expiring(memory):
    """A reward fulfilled after 20 days is slow; one not known to be fulfilled yet is waited for."""
    journal = memory.journal({
        "members": [memory.member(1, points_balance=500, points_expire_at=memory.at(100))],
        "redemptions": [
            memory.scan(1, 1, 10, fulfilled_at=memory.at(30)),
            memory.scan(2, 1, 50, fulfilled_at=memory.at(52)),
            memory.scan(3, 1, 85, fulfilled_at=memory.at(120)),
        ],
    })
    found = row(journal, memory.at(90))
    assert found["slow_rewards_180"] == 1
    assert found["days_to_expiry"] == 100 - 91
    assert (found["balance"], found["redeemed_ever"], found["days_since_redemption"]) == (500, 1, 6)
    assert row(journal, memory.at(110))["slow_rewards_180"] == 2


def test_friction_and_open_holds(memory):
    """Holds of the last 60 days count, those let go too, and those still open keep missions off."""
    journal = memory.journal(
        {"members": [memory.member(1)],
         "scans": [memory.scan(i, 1, day, outcome=HELD) for i, day in ((1, 5), (2, 50), (3, 60))]},
        decisions=[(1, 3, 10), (2, 2, 55)])
    found = row(journal, memory.at(70))
    assert (found["held_60"], found["released_60"], found["open_holds"]) == (2, 1, 1)
    assert found["days_since_last"] == 71 - 50


@pytest.mark.parametrize(("scan_day", "blocked"), [(15, 1), (30, 0)])
def test_blocked_until_credited_again(memory, scan_day, blocked):
    """Confirmed fraud blocks, unless the program credited something afterwards."""
    journal = memory.journal({
        "members": [memory.member(1)],
        "scans": [memory.scan(1, 1, 20), memory.scan(2, 1, scan_day)],
        "feedback": [{"event_id": 1, "label": FRAUD, "decided_at": memory.at(25)}],
    })
    assert row(journal, memory.at(40))["blocked"] == blocked


def test_denied_members_are_blocked(memory):
    """The deny list blocks whatever the history says."""
    journal = memory.journal({"members": [memory.member(1), memory.member(2)],
                              "scans": [memory.scan(1, 1, 5), memory.scan(2, 2, 5)]})
    known = History.read(journal, memory.at(9)).known(memory.at(9), frozenset({2}))
    assert member_frame(known)["blocked"].tolist() == [0, 1]


def test_peers_of_a_silent_outlet(memory):
    """Two of the three others at the outlet stopped a month ago."""
    members = [memory.member(i, outlet_id=9 if i <= 4 else 0) for i in range(1, 6)]
    scans = [memory.scan(i, i, 50) for i in range(1, 6)]
    scans += [memory.scan(10 + i, i, 98) for i in (1, 2)]
    frame = member_features(memory.journal({"members": members, "scans": scans}), memory.at(99))
    assert frame["outlet_silent"].round(3).tolist()[:4] == [0.667, 0.667, 0.333, 0.333]
    assert np.isnan(frame["outlet_silent"].iloc[4]), "an unknown outlet is nobody's outlet"


def test_offers_deliveries_and_opt_out(memory):
    """Only real offers count; failures and opt-outs are seen through their decision."""
    offer = {"member_id": 1, "mission_id": 4, "propensity": 900_000}
    journal = memory.journal({
        "members": [memory.member(1), memory.member(2)],
        "missions": [{"decision_id": 1, "decided_at": memory.at(10), "holdout": 0, **offer},
                     {"decision_id": 2, "decided_at": memory.at(40), "holdout": 1, **offer,
                      "mission_id": 8}],
        "deliveries": [{"decision_id": 1, "status": 4, "at": memory.at(11)},
                       {"decision_id": 1, "status": 5, "at": memory.at(12)}],
    })
    found = row(journal, memory.at(50))
    assert (found["days_since_mission"], found["missions_90"], found["last_mission"]) == (41, 1, 4)
    assert (found["failed_90"], found["delivered_90"], found["opted_out"]) == (1, 0, 1)
    assert row(journal, memory.at(50), member=2)["opted_out"] == 0


def test_a_changed_member_is_known_from_the_change(memory):
    """The version known at the moment counts, not the latest one."""
    first = memory.member(1, tier=0)
    later = memory.member(1, tier=3) | {"place": memory.at(20) << 20}
    journal = memory.journal({"members": [first, later]})
    assert row(journal, memory.at(10))["tier"] == 0
    assert row(journal, memory.at(30))["tier"] == 3


def test_off_season_words_come_from_the_journal(memory):
    """The declared text is looked up by its number."""
    journal = memory.journal({"members": [memory.member(1, off_season=3)]},
                             words={"off_season": {3: "01-01/12-31"}})
    found = row(journal, memory.at(10))
    assert (found["off_season_now"], found["off_season_ahead"]) == (1, 1)


def test_a_merged_account_is_no_member_any_more(memory):
    """Only the surviving account has a row."""
    journal = memory.journal({
        "members": [memory.member(1), memory.member(2)],
        "merges": [{"merge_id": 1, "member_id": 2, "into_member_id": 1,
                    "merged_at": memory.at(5)}]})
    assert member_features(journal, memory.at(9)).index.tolist() == [1]


def test_an_empty_program_gives_an_empty_frame(memory):
    """No members, no rows, all columns."""
    frame = member_features(memory.journal({}), memory.at(9))
    assert frame.shape == (0, len(MEMBER_CATALOG) + len(CONTEXT))


def test_unknown_values_are_nan(memory):
    """Nothing is invented for a member of whom only the required columns are known."""
    journal = memory.journal({"members": [memory.member(1, persona=MISSING)]})
    found = row(journal, memory.at(9))
    for name in ("persona", "tier", "consent", "channels_open", "balance", "outlet_silent"):
        assert np.isnan(found[name]), name
    assert isinstance(found, pd.Series)


def test_offers_and_opt_outs_follow_a_merged_account(memory):
    """What was offered to an account, and its opt-out, belong to the one it became."""
    opted_out = DELIVERY_STATUSES.index("opted_out")
    journal = memory.journal({
        "members": [memory.member(1), memory.member(2)],
        "missions": [{"decision_id": 7, "member_id": 2, "decided_at": memory.at(3),
                      "mission_id": 5, "propensity": 900_000, "holdout": 0, "cost_points": 10}],
        "deliveries": [{"decision_id": 7, "status": opted_out, "at": memory.at(4)}],
        "merges": [{"merge_id": 1, "member_id": 2, "into_member_id": 1,
                    "merged_at": memory.at(5)}]})
    before, after = (member_features(journal, memory.at(day)).loc[1] for day in (5, 9))
    assert (before["opted_out"], before["missions_90"]) == (0, 0)
    assert (after["opted_out"], after["missions_90"], after["last_mission"]) == (1, 1, 5)
