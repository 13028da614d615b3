"""The main behaviour of the service, the same over SQLite and over PostgreSQL with Redis."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
DAY_MS = 86_400_000


def scan(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T03:00:00Z", **more}


def held(service: Any, name: str, **more: Any) -> Any:
    """Have an event held: eighty points are dear to this model."""
    answer = service.post("/verdicts", scan(name, points=80, **more)).json()
    assert answer["verdict"] == "review", answer
    return answer


def test_the_same_event_has_the_same_bytes_and_another_body_conflicts(service: Any) -> None:
    """Sent again, from a batch too, it is answered as it was."""
    first = service.post("/verdicts", scan("v-1", code_id="C-1001"))
    again = service.post("/verdicts", scan("v-1", code_id="C-1001"))
    assert (first.status_code, first.content) == (200, again.content)
    assert service.post("/verdicts", scan("v-1", points=21)).status_code == 409
    body = "\n".join(json.dumps(one) for one in (
        scan("v-1", code_id="C-1001"), scan("v-2", code_id="C-1002"), scan("v-2", points=1),
        scan("v-2", code_id="C-1002")))
    lines = service.ask("POST", "/verdicts/batch", content=body).content.splitlines()
    assert lines[0] == first.content
    assert lines[1] == lines[3]
    assert json.loads(lines[2])["error"]["code"] == "conflict"


def test_sent_at_once_it_is_judged_once(service: Any) -> None:
    """Thirty re-sends get one answer; of thirty claims of one code one is credited."""
    with ThreadPoolExecutor(10) as pool:
        same = list(pool.map(lambda _: service.post("/verdicts", scan("o-1")).content, range(30)))
        claims = list(pool.map(lambda n: service.post("/verdicts", scan(
            f"o-c{n}", code_id="C-1100", member_id=f"m-{n % 9}")).json()["verdict"], range(30)))
    assert len(set(same)) == 1
    assert claims.count("approve") == 1


def test_a_decision_reaches_the_feed(service: Any) -> None:
    """A case is decided once, its event and the feed of outcomes agree."""
    held(service, "c-1")
    before = service.get("/outcomes")["cursor"]
    release = {"decision": "release", "reason": "The invoice is fine.", "by": "rina"}
    first, again = (service.post("/cases/c-1/decisions", release, "manager") for _ in range(2))
    assert (first.json()["status"], again.status_code) == ("released", 200)
    other = service.post("/cases/c-1/decisions", {**release, "decision": "confirm_fraud"})
    assert other.status_code == 409
    feed = service.get(f"/outcomes?after={before}")["outcomes"]
    assert [(row["event_id"], row["status"]) for row in feed] == [("c-1", "released")]
    assert service.get("/events/c-1")["points_final"] == 80


def test_an_appeal_opens_a_case_again(service: Any) -> None:
    """What was kept is looked at again, and given after all."""
    held(service, "a-1")
    fraud = {"decision": "confirm_fraud", "reason": "One wallet, five accounts.", "by": "rina"}
    assert service.post("/cases/a-1/decisions", fraud).json()["status"] == "kept"
    appeal = {"text": "It was my brother."}
    counts = [service.post("/events/a-1/appeal", appeal).json()["new"] for _ in range(2)]
    assert counts == [1, 0]
    assert "a-1" in {row["case_id"] for row in service.get("/cases?limit=1000")["cases"]}
    service.post("/events/a-1/evidence", {"link": "https://example.org/invoice"})
    release = {"decision": "release", "reason": "He is right.", "by": "budi"}
    assert service.post("/cases/a-1/decisions", release).json()["status"] == "released"


def test_rows_act_on_the_next_verdict(service: Any) -> None:
    """A void code declines, a label and a declaration are taken, a denied phone declines."""
    void = json.dumps({"code_id": "C-1040", "status": "void"})
    answer = service.ask("POST", "/records/codes", content=void).json()
    assert answer["new"] + answer["versions"] == 1
    assert service.ask("POST", "/records/codes", content=void).json()["same"] == 1
    declined = service.post("/verdicts", scan("r-1", code_id="C-1040")).json()
    assert declined["hard_proof"] == ["code_void"]
    label = {"event_id": "h-5", "label": "fraud", "decided_at": "2025-03-04T00:00:00Z"}
    assert service.post("/feedback", label).json()["new"] == 1
    shared = {"kind": "shared_device", "subject_id": "d-3"}
    assert service.post("/declarations", shared, "manager").json()["new"] == 1
    deny = {"list": "deny", "kind": "device", "subject_id": "bad", "by": "rina", "note": "Emulated"}
    assert service.post("/lists", deny, "manager").status_code == 200
    assert service.post("/verdicts", scan("r-2", device_id="bad")).json()["hard_proof"] == [
        "deny_list"]


def test_an_event_decided_elsewhere_has_a_status_and_no_verdict(service: Any) -> None:
    """It takes its place, once."""
    body = scan("e-1", code_id="C-1030", outcome="refused")
    assert [service.post("/events", body).json()["new"] for _ in range(2)] == [1, 0]
    stored = service.get("/events/e-1")
    assert (stored["verdict"], stored["status"]) == (None, "kept")


def test_missions_are_sent_once(service: Any) -> None:
    """What is suggested can be sent, sending again says the same, and its fate comes back."""
    service.clock.now += 600 * DAY_MS
    service.post("/verdicts", scan("m-1", code_id="C-1300"))
    ids = service.suggested()
    first, again = (service.post("/missions", {"decision_ids": ids}, "marketer") for _ in range(2))
    assert first.status_code == again.status_code == 200, first.text
    assert len(ids) == sum(len(first.json()[word]) for word in ("sent", "held_out", "refused"))
    assert first.json()["sent"] == again.json()["sent"]
    for name in first.json()["sent"][:1]:
        told = {"decision_id": name, "status": "delivered", "at": "2025-03-05T05:00:00Z"}
        assert service.post("/deliveries", told, "points-engine").json()["new"] == 1


def test_a_hold_ends_by_its_time_and_all_outlives_a_restart(service: Any) -> None:
    """The decision of the clock is in the feed; after a restart every answer is as it was."""
    verdict = held(service, "t-1", code_id="C-1200")
    asked = scan("t-2", code_id="C-1201")
    before = service.post("/verdicts", asked).content
    cursor = service.get("/outcomes")["cursor"]
    service.stop()
    service.start()
    assert service.post("/verdicts", asked).content == before
    assert service.get("/events/t-1")["verdict"] == verdict
    service.clock.now += 10 * DAY_MS
    service.await_status("t-1", "released" if verdict["hold"]["then"] == "release" else "kept")
    feed = service.get(f"/outcomes?after={cursor}")["outcomes"]
    assert "t-1" in {row["event_id"] for row in feed}
