"""Acts on the cause: they change what is judged next, and say before how far they reach."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.answers import rfc3339
from serving.review import causes

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
BATCH = causes.PART + 30
"""Codes of a batch: more than one transaction makes void."""


def put(desk: Desk, table: str, *rows: dict[str, Any]) -> None:
    answer = desk.client.post(f"/records/{table}", content="\n".join(map(json.dumps, rows)),
                              headers={"Authorization": f"Bearer {desk.keys['admin']}"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["rejects"] == []


def newest(desk: Desk, table: str, key: str) -> dict[str, tuple[Any, ...]]:
    """Newest stored row of each id, as integers, without its place and arrival."""
    frame = desk.programs.home.journal("acme").frame(table, latest=True)
    frame = frame.drop(columns=["place", "seq", "known_ms"])
    names = desk.programs.home.journal("acme").names(key.removesuffix("_id"), frame[key].to_numpy())
    return {str(name): tuple(row) for name, row in zip(names, frame.itertuples(index=False),
                                                       strict=True)}


def test_a_subject_is_denied_and_allowed_with_an_end(desk: Desk) -> None:
    """From the next event on, in the reviewer's name; taken off again by none."""
    desk.scan("a", device_id="d-9")
    told = desk.preview("rina", "list", list="deny", kind="device", subject_id="d-9")
    assert (told["events"], told["members"], told["refused"]) == (1, 1, None)
    made = desk.act("rina", "list", "a", list="deny", kind="device", subject_id="d-9",
                    note="A farm.", valid_to=rfc3339(desk.now + 60_000))
    assert (made["status"], made["events"]) == ("done", 1)
    assert desk.scan_word("b", device_id="d-9") == ["deny_list"]
    (entry,) = desk.key("GET", "/lists").json()["entries"]
    assert (entry["by"], entry["note"], entry["subject_id"]) == ("rina", "A farm.", "d-9")
    again = desk.preview("ben", "decide", "a", decision="release")
    assert [(each["list"], each["subject_id"]) for each in again["lists"]] == [("deny", "d-9")]
    desk.now += 60_000
    assert desk.scan_word("c", device_id="d-9") == []
    desk.act("ben", "list", list="none", kind="device", subject_id="d-9")
    assert desk.key("GET", "/lists").json()["entries"] == []
    (last, first) = desk.listed()
    assert (first["by"], first["about"], first["reason"]) == (
        "rina", [{"kind": "device", "id": "d-9"}], "A farm.")
    assert last["about"] == first["about"]


def test_a_wallet_is_declared_innocent(desk: Desk) -> None:
    """A row of the contract's own table, known from now on, in the audit log by name."""
    desk.act("rina", "declare", kind="shared_payout", subject_id="wallet-9",
             note="A family of five.", valid_to="2030-01-01T00:00:00Z")
    rows = desk.programs.home.journal("acme").frame("declarations")
    assert len(rows) == 1
    assert int(rows["known_ms"][0]) == desk.now
    assert [(word, who) for word, who, _ in desk.audit()] == [("declared", "rina")]
    late = desk.try_act("rina", "declare", kind="shared_payout", subject_id="wallet-9",
                        valid_to=rfc3339(desk.now - 1))
    assert (late.status_code, late.json()["error"]["field"]) == (400, "valid_to")


def test_a_batch_is_made_void_and_nothing_else_of_it_changes(desk: Desk) -> None:
    """Known from the end of the undo window: a scan before stands, one after is declined."""
    put(desk, "codes", *[{
        "code_id": f"V-{n}", "batch_id": "B-9", "sku": "wire", "points": 4, "status": "dispatched",
        "dispatched_at": "2024-12-01T00:00:00Z", "dispatched_outlet_id": f"o-{n % 3}",
        "dispatched_lat": -6.123456, "dispatched_lon": 106.5, "carton_id": "K-1",
    } for n in range(BATCH)], {"code_id": "other", "batch_id": "B-8", "status": "dispatched"},
        {"code_id": "gone", "batch_id": "B-9", "status": "void"})
    put(desk, "codes", {"code_id": "moved", "batch_id": "B-9", "status": "dispatched"})
    put(desk, "codes", {"code_id": "moved", "batch_id": "B-8", "status": "dispatched"})
    before = newest(desk, "codes", "code_id")
    told = desk.preview("rina", "void_batch", batch_id="B-9")
    assert (told["codes"], told["needs_second"]) == (BATCH, None)
    made = desk.act("rina", "void_batch", batch_id="B-9", note="Stolen from the truck.")
    assert (made["status"], made["points"]) == ("due", 4 * BATCH)
    assert desk.scan_word("early", code_id="V-1") == []
    desk.done(made)
    after = newest(desk, "codes", "code_id")
    columns = list(desk.programs.home.journal("acme").frame("codes", latest=True).drop(
        columns=["place", "seq", "known_ms"]).columns)
    status = columns.index("status")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {f"V-{n}" for n in range(BATCH)}
    for name in changed:
        assert after[name][status] == causes.VOID
        assert after[name][:status] + after[name][status + 1:] == (
            before[name][:status] + before[name][status + 1:])
    assert desk.scan_word("late", code_id="V-2") == ["code_void"]
    assert desk.scan_word("far", code_id="other") == []
    assert [word for word, *_ in desk.audit()] == ["act_taken", "batch_voided"]
    rows = desk.programs.home.journal("acme").count("codes")
    desk.done(desk.act("ben", "void_batch", batch_id="B-9", note="Again."))
    assert desk.programs.home.journal("acme").count("codes") == rows


def test_a_batch_of_many_points_needs_two(desk: Desk) -> None:
    """What one person decides on alone is the same for goods as for cases."""
    put(desk, "codes", *[{"code_id": f"W-{n}", "batch_id": "B-7", "points": 600,
                          "status": "dispatched"} for n in range(2)])
    assert desk.preview("rina", "void_batch", batch_id="B-7")["needs_second"] == "amount"
    made = desk.act("rina", "void_batch", batch_id="B-7", note="Stolen.")
    assert made["status"] == "waiting"
    assert desk.try_act("rina", "void_batch", batch_id="nothing", note="x").status_code == 404


def test_a_mistyped_campaign_ends_now(desk: Desk) -> None:
    """A new version with an end, the rest as it was; undone in time nothing happens."""
    put(desk, "campaigns",
        {"campaign_id": "fest", "kind": "festival", "starts_at": "2025-01-01T00:00:00Z",
         "ends_at": "2035-01-01T00:00:00Z", "persona": "retailer", "region": "java",
         "sku": "wire", "multiplier": 1.5},
        {"campaign_id": "next", "kind": "campaign", "starts_at": "2034-01-01T00:00:00Z",
         "ends_at": "2035-01-01T00:00:00Z"})
    assert desk.preview("rina", "pause_campaign", campaign_id="fest")["refused"] is None
    undone = desk.act("rina", "pause_campaign", campaign_id="fest", note="2035 for 2025.")
    desk.act("rina", "undo", action_id=undone["action_id"])
    before = newest(desk, "campaigns", "campaign_id")
    made = [desk.act("rina", "pause_campaign", campaign_id=name, note="2035 for 2025.")
            for name in ("fest", "next")]
    for each in made:
        desk.done(each)
    after = newest(desk, "campaigns", "campaign_id")
    columns = list(desk.programs.home.journal("acme").frame("campaigns").drop(
        columns=["place", "seq", "known_ms"]).columns)
    ends, starts = columns.index("ends_at"), columns.index("starts_at")
    for name in ("fest", "next"):
        assert after[name][:ends] + after[name][ends + 1:] == (
            before[name][:ends] + before[name][ends + 1:])
    known = desk.programs.home.journal("acme").frame("campaigns", latest=True)["known_ms"].max()
    assert after["fest"][ends] == int(known) <= desk.now
    assert after["next"][ends] == after["next"][starts]
    for name in ("fest", "next"):
        again = desk.try_act("rina", "pause_campaign", campaign_id=name, note="x")
        assert again.status_code == 409
    assert "ended" in desk.preview("rina", "pause_campaign", campaign_id="fest")["refused"]
    assert "never begins" in desk.preview("rina", "pause_campaign", campaign_id="next")["refused"]
    assert [word for word, *_ in desk.audit()].count("campaign_paused") == 2
