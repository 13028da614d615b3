"""What one person may not do alone: what is next to his account, and much in small parts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from features.store.home import Home
from serving.review.linking import link_member

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
DAY_MS = 86_400_000


def put(desk: Desk, table: str, *rows: dict[str, Any]) -> None:
    answer = desk.client.post(f"/records/{table}", content="\n".join(map(json.dumps, rows)),
                              headers={"Authorization": f"Bearer {desk.keys['admin']}"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["rejects"] == []


@pytest.fixture
def linked(desk: Desk) -> Desk:
    """Rina is m-9, whose wallet m-5 has too; m-5 also uses a device that m-9 never had."""
    home = Home(desk.path)
    link_member(home, "rina", "m-9", None)
    home.close()
    for name in ("m-5", "m-9"):
        put(desk, "members", {"member_id": name, "persona": "retailer", "payout_id": "wallet-1",
                              "joined_at": "2024-06-01T00:00:00Z"})
    desk.scan("near", member="m-5", device_id="d-5")
    desk.scan("far", member="m-6", device_id="d-6")
    return desk


@pytest.mark.parametrize(("kind", "near", "far"), [("member", "m-5", "m-6"),
                                                   ("device", "d-5", "d-6")])
def test_nobody_speaks_for_what_is_next_to_his_account(
    linked: Desk, kind: str, near: str, far: str
) -> None:
    """As he may not decide on its cases; a colleague may, and he on what is far."""
    more = {"list": "allow", "kind": kind, "note": "He is fine."}
    refused = linked.try_act("rina", "list", subject_id=near, **more)
    assert (refused.status_code, "linked account" in refused.text) == (403, True)
    assert "linked account" in linked.preview("rina", "list", subject_id=near, **more)["refused"]
    assert linked.act("rina", "list", subject_id=far, **more)["status"] == "done"
    assert linked.act("ben", "list", subject_id=near, **more)["status"] == "done"


def test_nobody_declares_innocent_what_is_next_to_his_account(linked: Desk) -> None:
    """A device of who is paid to the same wallet."""
    near = linked.try_act("rina", "declare", kind="shared_device", subject_id="d-5")
    assert near.status_code == 403
    assert linked.act("rina", "declare", kind="shared_device", subject_id="d-6")["status"] == "done"


def test_nobody_makes_void_a_batch_that_his_account_scanned(linked: Desk) -> None:
    """Whether the scan names the batch, or the file of codes does."""
    put(linked, "codes", *[{"code_id": f"V-{n}", "batch_id": f"B-{n}", "status": "dispatched"}
                           for n in range(3)])
    linked.judged("own-0", "m-9", 20, code_id="V-0")
    linked.judged("own-1", "m-9", 20, code_id="unlisted", batch_id="B-1")
    linked.judged("other", "m-6", 20, code_id="V-2")
    for batch in ("B-0", "B-1"):
        assert linked.try_act("rina", "void_batch", batch_id=batch, note="x").status_code == 403
        told = linked.preview("rina", "void_batch", batch_id=batch)
        assert "linked account" in told["refused"]
    for who, batch in (("rina", "B-2"), ("ben", "B-0")):
        assert linked.act(who, "void_batch", batch_id=batch, note="Lost.")["status"] == "due"


def test_nobody_ends_a_campaign_in_which_his_account_has_events(linked: Desk) -> None:
    """One for others, of other goods or of another time is his to end."""
    own = {"kind": "festival", "starts_at": "2025-01-01T00:00:00Z",
           "ends_at": "2035-01-01T00:00:00Z"}
    put(linked, "campaigns", *[{"campaign_id": name, **own, **more} for name, more in {
        "all": {}, "goods": {"sku": "wire"}, "others": {"persona": "distributor"},
        "other-goods": {"sku": "lamp"}, "to-come": {"starts_at": "2034-01-01T00:00:00Z"}}.items()])
    linked.judged("own", "m-9", 20, sku="wire")
    linked.judged("lamp", "m-6", 20, sku="lamp")
    for name in ("all", "goods"):
        refused = linked.try_act("rina", "pause_campaign", campaign_id=name, note="x")
        assert (refused.status_code, "linked account" in refused.text) == (403, True), name
        assert linked.act("ben", "pause_campaign", campaign_id=name, note="x")["status"] == "due"
    for name in ("others", "other-goods", "to-come"):
        assert linked.preview("rina", "pause_campaign", campaign_id=name)["refused"] is None, name


def test_a_case_decided_in_parts_needs_two_like_the_whole(desk: Desk) -> None:
    """1,040 points of a member: the last part waits, unless a day passed or it is another's."""
    names = [f"e{n}" for n in range(13)]
    for name in names:
        desk.scan(name)
    desk.act("rina", "claim", *names)
    assert desk.decide("rina", *names[:7])["status"] == "due"
    assert desk.preview("rina", "decide", *names[7:12], decision="keep")["needs_second"] is None
    assert desk.preview("rina", "decide", *names[7:], decision="keep")["needs_second"] == "amount"
    for who, case, why in (("ben", "member-3", None), ("rina", "member-4", "amount")):
        told = desk.preview(who, "decide", *names[7:], decision="keep", case_id=case)
        assert told["needs_second"] == why, who
    first = desk.decide("rina", *names[7:12])
    last = desk.decide("rina", names[12])
    assert (first["status"], last["status"], last["points"]) == ("due", "waiting", 80)
    for made in (first, last):
        desk.act("rina", "undo", action_id=made["action_id"])
    assert desk.preview("rina", "decide", *names[7:12], decision="keep")["needs_second"] is None
    desk.now += DAY_MS
    assert desk.preview("rina", "decide", *names[7:], decision="keep")["needs_second"] is None
