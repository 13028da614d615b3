"""A few members' features under another history equal a whole recomputation of that history."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.members.edits import redeemed, released, rewarded, scanned
from features.members.imagined import OTHERS, Imagined
from features.members.known import History, Known
from features.members.member_catalog import MEMBER_CATALOG
from features.members.rhythm import bare_members, member_frame
from features.places import MISSING

TODAY, MEMBERS = 120, 12
HELD, RELEASED = 1, 2
FLOWS = ["outlet_flow", "region_flow"]
EDITS = {"scan": scanned, "weekly": lambda known: scanned(known, (1, 8, 15, 22)),
         "redeemed": redeemed, "released": released, "rewarded": rewarded,
         "nothing": lambda known: known}


def tables(memory, seed):
    """Members who share places, with holds, late rewards, offers and an off season."""
    rng = np.random.default_rng(seed)
    count = 90
    day, who = np.sort(rng.integers(0, TODAY, count)), rng.integers(1, MEMBERS + 1, count)
    rows = [memory.scan(i, int(m), int(d), points=int(p), outcome=int(held), quantity=int(q))
            for i, (m, d, p, held, q) in enumerate(zip(
                who, day, rng.integers(1, 90, count), rng.random(count) < 0.15,
                rng.integers(1, 9, count) * 1_000_000, strict=True), start=1)]
    scans = [row | {"sku": 1 + i % 3} for i, row in enumerate(rows) if i % 5]
    late = [row | {"fulfilled_at": memory.at(int(day[i]) + 3 + i % 30)} if i % 2 else row
            for i, row in enumerate(rows) if not i % 5]
    members = [memory.member(m, persona=m % 2, trade=1, outlet_id=1 + m % 3, region=1 + m % 2,
                             enrolled_by=1, points_balance=50 * (m % 3), off_season=m % 4 == 0,
                             points_expire_at=memory.at(150))
               for m in range(1, MEMBERS + 1)]
    return {"members": members, "scans": scans,
            "redemptions": [{k: v for k, v in row.items() if k != "quantity"} for row in late],
            "missions": [{"decision_id": 1, "member_id": 2, "decided_at": memory.at(90),
                          "mission_id": 1, "propensity": 5, "holdout": 0}],
            "deliveries": [{"decision_id": 1, "status": 4, "at": memory.at(91)}]}


def program(memory, seed):
    journal = memory.journal(tables(memory, seed), words={"off_season": {1: "02-01/03-10"}})
    as_of_ms = memory.at(TODAY)
    return History.read(journal, as_of_ms).known(as_of_ms)


def only(edit, member):
    """An edit of everything that was known, of one member alone."""
    def edited(known):
        alone = replace(known, days=known.days[known.days["member"] == member],
                        members=known.members[known.members["member_id"] == member],
                        judged=known.judged[known.judged["member_id"] == member],
                        redemptions=known.redemptions[known.redemptions["member_id"] == member],
                        held=known.held[known.held["member_id"] == member])
        one = edit(alone)
        return replace(one, **{
            name: pd.concat([rows[rows[column] != member], getattr(one, name)]).sort_values(
                [column, "day"] if name == "days" else column, kind="stable", ignore_index=True)
            for name, column in (("days", "member"), ("members", "member_id"),
                                 ("judged", "member_id"), ("redemptions", "member_id"))
            for rows in [getattr(known, name)]})
    return edited


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("seed", range(3))
def test_rows_equal_a_whole_recomputation(memory, name, seed):
    """Bit for bit, but for the flow of goods: it is the others', and they stay as they were."""
    known = program(memory, seed)
    frame = member_frame(known)
    imagined = Imagined(known, frame)
    for member in range(1 + seed, MEMBERS + 1, 4):
        whole = member_frame(only(EDITS[name], member)(known)).loc[[member]]
        rows = imagined.rows([member], EDITS[name])
        pd.testing.assert_frame_equal(rows.drop(columns=FLOWS), whole.drop(columns=FLOWS),
                                      check_exact=True)
        pd.testing.assert_frame_equal(rows[[*OTHERS]], frame.loc[[member], [*OTHERS]])


def test_members_are_edited_one_by_one(memory):
    """Asked for together, each answer is that of the member alone."""
    known = program(memory, 4)
    imagined = Imagined(known, member_frame(known))
    together = imagined.rows([5, 2, 9], scanned)
    apart = pd.concat([imagined.rows([member], scanned) for member in (2, 5, 9)])
    pd.testing.assert_frame_equal(together, apart, check_exact=True)


@pytest.mark.parametrize("seed", range(3))
def test_an_edited_history_is_that_of_a_journal_that_held_it(memory, seed):
    """Holds let go in the journal itself give the same features."""
    rows = tables(memory, seed)
    as_of_ms = memory.at(TODAY)
    words = {"off_season": {1: "02-01/03-10"}}
    holds = [row for name in ("scans", "redemptions") for row in rows[name] if row["outcome"]]
    frame = member_frame(program(memory, seed))
    for member in {row["member_id"] for row in holds}:
        decided = [(row["event_id"], RELEASED, TODAY - 1) for row in holds
                   if row["member_id"] == member]
        journal = memory.journal(rows, decisions=decided, words=words)
        whole = member_frame(History.read(journal, as_of_ms).known(as_of_ms)).loc[[member]]
        found = Imagined(program(memory, seed), frame).rows([member], released)
        pd.testing.assert_frame_equal(found.drop(columns=FLOWS), whole.drop(columns=FLOWS),
                                      check_exact=True)


def test_what_an_edit_does(memory):
    """A scan ends the silence, a redemption empties the account, no reward is late any more."""
    known = program(memory, 1)
    frame = member_frame(known)
    imagined = Imagined(known, frame)
    every = frame.index.tolist()
    with_scan = imagined.rows(every, scanned)
    assert (with_scan["days_since_scan"] <= frame["days_since_scan"]).all()
    assert (with_scan["last_day"] == frame["today"] - 1).all()
    spent = imagined.rows(every, redeemed)
    rich = (frame["balance"] > 0).to_numpy()
    assert (spent["balance"] == 0).all()
    assert (spent["days_since_redemption"][rich] == 1).all()
    pd.testing.assert_frame_equal(spent[~rich], frame[~rich])
    assert frame["slow_rewards_180"].sum() > 0
    assert (imagined.rows(every, rewarded)["slow_rewards_180"] == 0).all()


def test_the_typical_gap_moves_with_the_edit():
    """Two days make the first gap of a program; a gap more may move the median of all."""
    days = pd.DataFrame({"member": [1, 2, 2], "day": [10, 10, 16], **dict.fromkeys(
        ("events", "scans", "redemptions", "visits", "points", "amount", "quantity", "skus"), 1.0)})
    known = Known(31, days, bare_members(days))
    frame = member_frame(known)
    cadence = Imagined(known, frame).rows([1], scanned).loc[1, "cadence"]
    typical = (6 + 20) / 2
    assert cadence == (20 + 2 * typical) / 3


def test_others_are_declared():
    """Every feature that tells of others is among those that stay."""
    told = {f.name for f in MEMBER_CATALOG if "others" in f.meaning or f.name.startswith("peers_")}
    assert told == set(OTHERS)


def test_nobody_is_rewarded_where_the_program_tells_nothing(memory):
    """A program that reports no fulfilment has no late rewards, before and after."""
    rows = tables(memory, 2)
    silent = [{k: v for k, v in row.items() if k != "fulfilled_at"} for row in rows["redemptions"]]
    journal = memory.journal(rows | {"redemptions": silent}, words={"off_season": {1: ""}})
    known = History.read(journal, memory.at(TODAY)).known(memory.at(TODAY))
    frame = member_frame(known)
    assert frame["slow_rewards_180"].isna().all()
    found = Imagined(known, frame).rows([1, 2], scanned)
    assert found["slow_rewards_180"].isna().all()
    assert (known.redemptions["fulfilled"] == MISSING).all()
