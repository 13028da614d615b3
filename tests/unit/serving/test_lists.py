"""Lists, declarations and labels over HTTP: they act, end on time, and are answered in words."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from models.answers import rfc3339
from models.labelled import resolve
from serving.api import create_app
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
DAY = 86_400_000


class Desk:
    """A client of one service whose clock the test sets."""

    def __init__(self, client: httpx.Client, key: str, programs: Programs, now: int) -> None:
        self.client, self.programs, self.now = client, programs, now
        self.headers = {"Authorization": f"Bearer {key}"}
        self.code = 1000

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(path, json=body, headers=self.headers)

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.headers).json()

    def scan(self, name: str, **more: Any) -> dict[str, Any]:
        self.code += 1
        body = {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
                "occurred_at": "2025-03-05T10:00:00+07:00", "code_id": f"C-{self.code}", **more}
        answer = self.post("/verdicts", body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def list(self, word: str, kind: str, subject: str, **more: Any) -> Any:
        return self.post("/lists", {"list": word, "kind": kind, "subject_id": subject,
                                    "by": "rina", "note": "A reason.", **more})

    def at(self, ms: int) -> str:
        return rfc3339(self.now + ms)


@pytest.fixture
def desk(made: Any, serving_app: Any, tmp_path: Any) -> Iterator[Desk]:
    shutil.copytree(made.path, tmp_path / "home")
    settings = Settings(home=tmp_path / "home")
    box: list[Desk] = []
    start = made.home.journal().as_of_ms + DAY
    programs = Programs(settings, clock=lambda: box[0].now if box else start)
    programs.open(wait=True)
    with serving_app(create_app(programs, settings)) as client:
        box.append(Desk(client, made.keys["admin"], programs, start))
        yield box[0]
    programs.close()


def test_a_denied_subject_declines_until_its_end(desk: Desk) -> None:
    """To the millisecond of the event, with the reason for whoever reads it later."""
    answer = desk.list("deny", "device", "d-3", valid_to=desk.at(5000)).json()
    assert (answer["new"], answer["known"]) == (1, True)
    desk.now += 4999
    assert desk.scan("a", device_id="d-3")["hard_proof"] == ["deny_list"]
    desk.now += 1
    assert desk.scan("b", device_id="d-3")["hard_proof"] == []


def test_what_is_allowed_is_free_of_behaviour_and_of_nothing_else(desk: Desk) -> None:
    """Points dear to this model pass; proof declines and a missing fact holds as before."""
    assert desk.scan("a", points=80)["verdict"] == "review"
    desk.list("allow", "member", "m-3")
    assert desk.scan("b", points=80)["verdict"] == "approve"
    assert desk.scan("c", code_id="C-1")["hard_proof"] == ["code_credited_other"]
    assert desk.scan("d", code_id="nobody-printed")["verdict"] == "review"
    desk.list("none", "member", "m-3")
    assert desk.scan("e", points=80)["verdict"] == "review"


def test_a_snooze_ends_by_itself_and_leaves_what_stood(desk: Desk) -> None:
    """Behaviour is quiet for a day; a denial beside it goes on, before and after."""
    desk.list("snooze", "member", "m-3", valid_to=desk.at(DAY), note=None)
    assert desk.scan("a", points=80)["verdict"] == "approve"
    desk.list("deny", "device", "d-3")
    assert desk.scan("b", device_id="d-3")["verdict"] == "decline"
    desk.now += DAY
    assert desk.scan("c", points=80)["verdict"] == "review"
    assert desk.scan("d", device_id="d-3")["verdict"] == "decline"


def test_the_newer_of_deny_and_allow_counts(desk: Desk) -> None:
    """A subject can't be both: who allows it after a denial has changed his mind."""
    desk.list("deny", "device", "d-3")
    desk.now += 1
    desk.list("allow", "device", "d-3")
    desk.now += 1
    assert desk.scan("a", device_id="d-3", points=80)["verdict"] == "approve"


def test_entries_in_force_are_listed_with_end_and_reason(desk: Desk) -> None:
    """What has ended or was taken off is not shown; a re-sent entry is no second one."""
    desk.list("deny", "device", "d-1")
    assert desk.list("deny", "device", "d-1").json()["same"] == 1
    desk.now += 1
    desk.list("allow", "outlet", "o-1", valid_to=desk.at(1000))
    desk.now += 1
    desk.list("deny", "ip", "10.0.0.1")
    desk.list("none", "ip", "10.0.0.1")
    shown = desk.get("/lists")["entries"]
    assert [(row["list"], row["kind"], row["subject_id"]) for row in shown] == [
        ("allow", "outlet", "o-1"), ("deny", "device", "d-1")]
    assert (shown[1]["note"], shown[1]["by"], shown[1]["valid_to"]) == ("A reason.", "rina", None)
    desk.now += 1000
    assert [row["kind"] for row in desk.get("/lists")["entries"]] == ["device"]


def test_an_unknown_subject_is_kept_and_acts_when_it_appears(desk: Desk) -> None:
    """The answer says that nobody has seen it; the entry waits, and is known once it was seen."""
    first = desk.list("deny", "device", "never-seen").json()
    assert first["known"] is False
    assert "acts when it appears" in first["message"]
    assert desk.list("deny", "device", "never-seen", note="Another.").json()["known"] is False
    assert desk.scan("a", device_id="never-seen")["hard_proof"] == ["deny_list"]
    assert desk.list("deny", "device", "never-seen", note="Again.").json()["known"] is True


@pytest.mark.parametrize(("body", "field"), [
    ({"list": "deny", "note": None}, "note"), ({"list": "allow", "note": " "}, "note"),
    ({"list": "snooze"}, "valid_to"), ({"list": "snooze", "days": 181}, "valid_to"),
    ({"list": "deny", "days": -1}, "valid_to"), ({"list": "grey"}, "list"),
    ({"list": "deny", "valid_to": "tomorrow"}, "valid_to"), ({"kind": "sku"}, "kind"),
])
def test_an_entry_that_breaks_a_rule_names_its_field(
    desk: Desk, body: dict[str, Any], field: str
) -> None:
    """No reason, no end, an end too far or past, an unknown word: refused, nothing is stored."""
    more = {"list": "deny", "kind": "device", "note": "x", **body}
    if "days" in more:
        more["valid_to"] = desk.at(more.pop("days") * DAY)
    answer = desk.post("/lists", {"subject_id": "d-3", "by": "rina", **more})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field), answer.text
    assert answer.json()["error"]["expected"]
    assert desk.get("/lists")["entries"] == []


def test_a_declaration_acts_and_ends_exactly(desk: Desk) -> None:
    """The device is declared from the first event after it, up to the millisecond it ends."""
    name = "device_declared"
    index = desk.programs.engine("acme")._live.catalog.names.index(name)

    def declared(event: str) -> float:
        import numpy as np

        desk.scan(event, device_id="d-7")
        live = desk.programs.engine("acme")._live
        row = live.journal.verdict_row(event)
        return float(live.bundle.widen(np.frombuffer(row["vector"]))[index])

    assert declared("a") == 0
    ask = {"kind": "shared_device", "subject_id": "d-7", "valid_from": desk.at(1000),
           "valid_to": desk.at(3000), "note": "The counter phone."}
    answer = desk.post("/declarations", ask).json()
    assert (answer["new"], answer["known"]) == (1, True)
    found = []
    for step, event in enumerate(("b", "c", "d", "e")):
        desk.now += (999, 1, 1999, 1)[step]
        found.append(declared(event))
    assert found == [0, 1, 1, 0]


def test_a_declaration_that_ends_before_it_begins_is_refused(desk: Desk) -> None:
    """Nor is one taken that is over on its arrival; an unknown subject is, with a sentence."""
    ask = {"kind": "shared_device", "subject_id": "d-7"}
    for times in ({"valid_from": desk.at(9000), "valid_to": desk.at(8000)},
                  {"valid_from": desk.at(-9000), "valid_to": desk.at(-8000)},
                  {"valid_to": desk.at(0)}):
        answer = desk.post("/declarations", {**ask, **times})
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "valid_to")
    unknown = desk.post("/declarations", {**ask, "subject_id": "never-seen"}).json()
    assert (unknown["new"], unknown["known"]) == (1, False)
    assert "acts when it appears" in unknown["message"]


def test_a_label_may_come_before_its_event(desk: Desk) -> None:
    """It is kept and said to be early; the event is judged, and training finds its label."""
    label = {"event_id": "early", "label": "fraud", "decided_at": desk.at(-5000)}
    told = desk.post("/feedback", label).json()
    assert (told["new"], told["known"]) == (1, False)
    assert "counts when the event comes" in told["message"]
    desk.now += 1000
    assert desk.scan("early")["event_id"] == "early"
    journal = desk.programs.engine("acme")._live.journal
    rows = resolve(journal.frame("feedback"))
    assert rows["event"].tolist() == [journal.number("event", "early")]
    assert desk.post("/feedback", {**label, "source": "audit"}).json()["message"] is None


def test_labels_that_disagree_are_both_kept_and_the_later_wins(desk: Desk) -> None:
    """Whichever came first, the one decided later counts; the answer says that they differ."""
    late = {"event_id": "h-5", "label": "legit", "decided_at": desk.at(-1000)}
    early = {"event_id": "h-5", "label": "fraud", "decided_at": desk.at(-9000)}
    assert desk.post("/feedback", late).json()["message"] is None
    assert "says legit" in desk.post("/feedback", early).json()["message"]
    journal = desk.programs.engine("acme")._live.journal
    frame = journal.frame("feedback")
    assert len(frame) == 2
    rows = resolve(frame)
    assert (rows["target"].tolist(), rows["disagreed"].tolist()) == ([0], [True])


def test_a_label_of_the_future_is_refused_with_a_sentence(desk: Desk) -> None:
    """Nobody can have decided later than now; a clock that is a little ahead is let pass."""
    later = {"event_id": "h-6", "label": "fraud", "decided_at": desk.at(3_600_000)}
    answer = desk.post("/feedback", later)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "decided_at")
    assert "when it is known" in answer.json()["error"]["expected"]
    soon = {**later, "decided_at": desk.at(30_000)}
    assert desk.post("/feedback", soon).json()["new"] == 1


def test_a_running_service_ends_holds_by_itself(desk: Desk) -> None:
    """Between requests: a late code releases, and time ends what is left; the feed tells both."""
    desk.scan("fact", code_id="late-1")
    desk.scan("time", points=80)
    row = {"code_id": "late-1", "status": "dispatched", "dispatched_at": "2025-02-01T00:00:00Z"}
    desk.client.post("/records/codes", content=json.dumps(row), headers=desk.headers)

    def told() -> list[tuple[str, str]]:
        return [(each["event_id"], each["status"]) for each in desk.get("/outcomes")["outcomes"]]

    def wait(count: int) -> None:
        until = time.monotonic() + 20
        while len(told()) < count and time.monotonic() < until:
            time.sleep(0.1)

    wait(1)
    assert told() == [("fact", "released")]
    desk.now += 30 * DAY
    wait(2)
    assert told() == [("fact", "released"), ("time", "released")]
    assert desk.get("/events/time")["points_final"] == 80
    assert pd.Timestamp(desk.get("/events/time")["changed_at"]).value // 10**6 == desk.now
