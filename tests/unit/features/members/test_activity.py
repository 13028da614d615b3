"""Which events count as activity, on which day, and from when."""

import pandas as pd

from features.members.activity import ActivityLog, activity_days

CREDITED, HELD, REFUSED = 0, 1, 2
RELEASED, KEPT, CLAWED_BACK = 2, 3, 5
FRAUD, LEGIT = 1, 0


def counted(journal, as_of_ms, member=1):
    days = activity_days(journal, as_of_ms)
    return (days.loc[days["member"] == member, "day"] - 20_000).tolist()


def test_credited_events_and_activities_count(memory):
    """Scans, redemptions and logins make active days; several of a day make one row."""
    journal = memory.journal({
        "scans": [memory.scan(1, 1, 3, sku=7), memory.scan(2, 1, 3, points=5, sku=7),
                  memory.scan(3, 1, 5, sku=8)],
        "redemptions": [memory.scan(4, 1, 6, points=100)],
        "activities": [{"event_id": 5, "member_id": 1, "occurred_at": memory.at(8), "kind": 0}],
    })
    days = activity_days(journal, memory.at(30))
    assert (days["day"] - 20_000).tolist() == [3, 5, 6, 8]
    assert days["events"].tolist() == [2, 1, 1, 1]
    assert days["points"].tolist() == [15, 10, 0, 0], "points spent are not points earned"
    assert days["skus"].tolist() == [1, 1, 0, 0]
    assert days["redemptions"].tolist() == [0, 0, 1, 0]
    assert days["visits"].tolist() == [0, 0, 0, 1]


def test_held_and_refused_events_do_not_count(memory):
    """A held claim counts once released, and not before."""
    journal = memory.journal(
        {"scans": [memory.scan(1, 1, 1, outcome=HELD), memory.scan(2, 1, 2, outcome=REFUSED),
                   memory.scan(3, 1, 3)]},
        decisions=[(1, RELEASED, 10)])
    assert counted(journal, memory.at(9)) == [3]
    assert counted(journal, memory.at(11)) == [1, 3]


def test_clawed_back_and_kept_events_stop_counting(memory):
    """What the program takes back was no activity from then on."""
    journal = memory.journal({"scans": [memory.scan(1, 1, 1), memory.scan(2, 1, 2, outcome=HELD)]},
                             decisions=[(1, CLAWED_BACK, 10), (2, KEPT, 10)])
    assert counted(journal, memory.at(9)) == [1]
    assert counted(journal, memory.at(11)) == []


def test_known_fraud_does_not_count_until_an_appeal_wins(memory):
    """The last label known before the moment decides."""
    journal = memory.journal({
        "scans": [memory.scan(1, 1, 1)],
        "feedback": [{"event_id": 1, "label": FRAUD, "decided_at": memory.at(10)},
                     {"event_id": 1, "label": LEGIT, "decided_at": memory.at(20)}],
    })
    assert [counted(journal, memory.at(day)) for day in (9, 15, 25)] == [[1], [], [1]]


def test_a_late_scan_counts_from_its_arrival_on_its_own_day(memory):
    """A scan of day 2 that arrives on day 9 is unknown before, and belongs to day 2."""
    journal = memory.journal({"scans": [memory.scan(1, 1, 2, recorded_at=memory.at(9))]})
    assert counted(journal, memory.at(8)) == []
    assert counted(journal, memory.at(10)) == [2]


def test_a_phone_clock_ahead_of_the_server_is_not_believed(memory):
    """An event dated after its own arrival counts on the day it arrived."""
    journal = memory.journal({"scans": [memory.scan(1, 1, 50, recorded_at=memory.at(4))]})
    assert counted(journal, memory.at(10)) == [4]


def test_days_begin_in_the_time_zone_of_the_program(memory):
    """Noon plus six hours UTC is the next day in Jakarta."""
    late = memory.at(3) + 6 * 3_600_000
    rows = {"scans": [{"event_id": 1, "member_id": 1, "occurred_at": late, "points": 1}]}
    assert counted(memory.journal(rows), memory.at(9)) == [3]
    assert counted(memory.journal(rows, timezone="Asia/Jakarta"), memory.at(9)) == [4]


def test_a_merged_account_acts_for_the_one_it_became(memory):
    """Activity of both accounts belongs to the surviving one, from the merge on."""
    journal = memory.journal({
        "scans": [memory.scan(1, 1, 1), memory.scan(2, 2, 2), memory.scan(3, 3, 3)],
        "merges": [{"merge_id": 1, "member_id": 2, "into_member_id": 1,
                    "merged_at": memory.at(10)},
                   {"merge_id": 2, "member_id": 1, "into_member_id": 3,
                    "merged_at": memory.at(12)}],
    })
    assert counted(journal, memory.at(9)) == [1]
    assert counted(journal, memory.at(11)) == [1, 2]
    assert counted(journal, memory.at(13), member=3) == [1, 2, 3]


def test_one_reading_answers_for_every_earlier_moment(memory):
    """The log read at the end gives what a fresh reading gives at each moment before."""
    journal = memory.journal(
        {"scans": [memory.scan(i, 1 + i % 3, i, outcome=HELD if i % 4 == 0 else 0)
                   for i in range(1, 30)],
         "feedback": [{"event_id": 5, "label": FRAUD, "decided_at": memory.at(12)}]},
        decisions=[(4, RELEASED, 9), (8, KEPT, 11), (7, CLAWED_BACK, 20)])
    log = ActivityLog.read(journal, memory.at(40))
    for day in (0, 5, 10, 15, 25, 40):
        pd.testing.assert_frame_equal(log.days(memory.at(day)),
                                      activity_days(journal, memory.at(day)))
