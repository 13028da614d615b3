"""What counts together for four eyes, by the alerts themselves and never by what a caller says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from serving.review.groups import Alerts, group
from serving.review.together import Stake, _connected

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
DAY_MS = 86_400_000


def two_of_a_wallet(desk: Desk) -> None:
    """Two members who are paid together, 600 points each, and one who is not."""
    rows = [{"member_id": name, "persona": "retailer", "joined_at": "2024-06-01T00:00:00Z",
             "payout_id": "wallet-1"} for name in ("m-3", "m-5")]
    answer = desk.client.post("/records/members", content="\n".join(map(json.dumps, rows)),
                              headers={"Authorization": f"Bearer {desk.keys['admin']}"})
    assert answer.status_code == 200, answer.text
    for name, member in (("a", "m-3"), ("b", "m-5"), ("c", "m-7")):
        desk.scan(name, member=member, points=600)


def by_key(desk: Desk, name: str, decision: str = "keep", by: str = "erp") -> Any:
    return desk.key("POST", f"/cases/{name}/decisions",
                    {"decision": decision, "reason": "A rule.", "by": by}, role="manager")


def test_an_invented_case_splits_nothing(desk: Desk) -> None:
    """A wallet's 1,200 points, decided as two cases: the second act waits, in whatever name."""
    two_of_a_wallet(desk)
    assert desk.decide("rina", "a", case_id="made-up-1")["status"] == "due"
    told = desk.preview("rina", "decide", "b", case_id="made-up-2", decision="release")
    assert told["needs_second"] == "amount"
    assert desk.decide("rina", "c", case_id="made-up-1")["status"] == "due"
    assert desk.decide("ben", "b", case_id="made-up-1", action_id="x")["status"] == "due"
    desk.act("ben", "undo", action_id="x")
    assert desk.decide("rina", "b", case_id="made-up-2")["status"] == "waiting"


def test_what_is_decided_already_still_ties(desk: Desk) -> None:
    """Also once it took effect and the group is no more; a day later it does not count."""
    two_of_a_wallet(desk)
    desk.done(desk.decide("rina", "a", decision="keep"))
    assert desk.decide("rina", "b", action_id="now")["status"] == "waiting"
    desk.act("rina", "undo", action_id="now")
    desk.now += DAY_MS
    desk.scan("d", member="m-5", points=600)
    assert desk.decide("rina", "d", action_id="then")["status"] == "due"


def test_what_was_undone_or_rejected_does_not_count(desk: Desk) -> None:
    """Nothing came of it."""
    two_of_a_wallet(desk)
    desk.decide("rina", "a", action_id="x")
    desk.act("rina", "undo", action_id="x")
    assert desk.decide("rina", "b")["status"] == "due"


def test_a_batch_and_the_alerts_on_its_codes_are_one_matter(desk: Desk) -> None:
    """600 points of goods and 600 claimed with them, in any order; another batch is another."""
    rows = [{"code_id": f"W-{n}", "batch_id": f"B-{n}", "points": 600, "status": "dispatched",
             "dispatched_at": "2024-12-01T00:00:00Z"} for n in range(2)]
    desk.client.post("/records/codes", content="\n".join(map(json.dumps, rows)),
                     headers={"Authorization": f"Bearer {desk.keys['admin']}"})
    desk.scan("a", points=600, code_id="W-0")
    desk.decide("rina", "a", decision="keep", case_id="made-up")
    assert desk.preview("rina", "void_batch", batch_id="B-0")["needs_second"] == "amount"
    assert desk.preview("rina", "void_batch", batch_id="B-1")["needs_second"] is None
    assert desk.preview("ben", "void_batch", batch_id="B-0")["needs_second"] is None
    made = desk.act("ben", "void_batch", batch_id="B-0", note="Copies.", case_id="other")
    assert made["status"] == "due"
    desk.scan("b", member="m-4", points=600, code_id="W-1")
    assert desk.decide("ben", "b")["status"] == "due"
    assert desk.preview("ben", "void_batch", batch_id="B-1")["needs_second"] == "amount"


def test_two_acts_at_once_see_each_other(desk: Desk) -> None:
    """What was found to belong together before the other act was stored still counts it."""
    two_of_a_wallet(desk)
    journal = desk.programs.home.journal("acme")
    number = {name: journal.number("event", name) for name in "abc"}
    stake = Stake("rina", frozenset({number["b"]}), 600)
    with journal.database.reading() as store:
        assert stake.matter(store, journal.key, desk.now, 1000) is None
    desk.decide("rina", "a")
    with journal.database.reading() as store:
        found = stake.matter(store, journal.key, desk.now, 1000)
        assert found is not None
        assert found.events == {number["a"], number["b"]}
        for known in (None, found):
            assert stake.total(store, journal.key, desk.now, 1000, known) == 1200


def test_a_key_is_one_pair_of_eyes(desk: Desk) -> None:
    """Above the amount it is refused, alone or in parts, whoever it names; two people decide."""
    two_of_a_wallet(desk)
    desk.scan("big", member="m-9", points=1001)
    refused = by_key(desk, "big")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert "/review" in refused.json()["error"]["message"]
    assert desk.status("big") == ("held", 0)
    assert by_key(desk, "a").status_code == 200
    assert by_key(desk, "b", by="somebody-else").status_code == 403
    assert by_key(desk, "c").status_code == 200
    assert by_key(desk, "a").status_code == 200
    made = desk.decide("rina", "big", decision="keep")
    desk.act("ben", "approve", action_id=made["action_id"])
    desk.done(made)
    assert by_key(desk, "big").json()["status"] == "kept"
    assert desk.decide("rina", "b", decision="keep")["status"] == "due"


def test_what_people_decided_at_the_desk_is_not_the_key_s(desk: Desk) -> None:
    """Their eyes are others; and a hold that ran out was nobody's."""
    two_of_a_wallet(desk)
    desk.done(desk.decide("rina", "a", decision="keep"))
    assert by_key(desk, "b").status_code == 200


@pytest.mark.parametrize("seed", range(40))
def test_groups_depend_on_nothing_that_is_left_out(seed: int) -> None:
    """Put together of what is connected alone, the groups of some alerts are those of all."""
    random = np.random.default_rng(seed)
    columns = [random.integers(0, 9, 30) * (random.random(30) < 0.5) for _ in range(5)]
    alerts = Alerts(np.arange(1, 31), random.integers(1, 15, 30), *columns)
    asked = random.random(30) < 0.1
    near = _connected(alerts, asked)
    part = Alerts(*(getattr(alerts, name)[near] for name in Alerts.__dataclass_fields__))

    def events(of: Alerts, mine: Any) -> set[frozenset[int]]:
        return {frozenset(of.event[list(one.rows)].tolist()) for one in group(of)
                if mine[list(one.rows)].any()}

    assert events(part, asked[near]) == events(alerts, asked)
