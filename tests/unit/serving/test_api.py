"""Every route of ``/v1`` over a real home, without a process of its own."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from models.insiders.find import write_findings
from models.insiders.finding import Finding
from serving import standing
from serving.api import create_app
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""


class Api:
    """A client and the keys of all roles."""

    def __init__(self, client: httpx.Client, keys: dict[str, str]) -> None:
        self.client = client
        self.keys = keys

    def ask(self, method: str, path: str, role: str = "admin", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[role]}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def get(self, path: str, role: str = "admin") -> Any:
        return self.ask("GET", path, role)

    def post(self, path: str, body: Any = None, role: str = "admin", **more: Any) -> Any:
        return self.ask("POST", path, role, **({"json": body} if body is not None else {}), **more)


@pytest.fixture(scope="module")
def api(made: Any, serving_app: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One service for the module's tests."""
    with _served(made, serving_app, tmp_path_factory.mktemp("api") / "home") as api:
        yield api


@contextmanager
def _served(made: Any, serving_app: Any, path: Path) -> Iterator[Api]:
    shutil.copytree(made.path, path)
    settings = Settings(home=path, body_limit=20_000)
    programs = Programs(settings)
    programs.open(wait=True)
    assert programs.ready
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(standing, "QUICK_S", 60.0)  # scored anew at once, however slow that is
        with serving_app(create_app(programs, settings)) as client:
            yield Api(client, made.keys)
    programs.close()


def scan(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00+07:00", **more}


def held(api: Api, name: str) -> dict[str, Any]:
    """A held event: eighty points are dear to this model."""
    answer = api.post("/verdicts", scan(name, points=80, code_id=None))
    assert answer.status_code == 200, answer.text
    assert answer.json()["verdict"] == "review"
    return dict(answer.json())


def test_a_verdict_has_the_contract_s_fields(api: Api) -> None:
    """Names and order are the contract's, and the same event gets the same bytes."""
    first, again = (api.post("/verdicts", scan("v-1", code_id="C-1001")) for _ in range(2))
    assert list(first.json()) == [
        "event_id", "verdict", "enforced", "would_have", "points_held", "hold", "score", "anomaly",
        "reasons", "hard_proof", "partner_message", "degraded", "bundle_id", "policy_version",
        "decided_at"]
    assert first.content == again.content
    assert api.post("/verdicts", scan("v-1", code_id="C-1002")).status_code == 409


@pytest.mark.parametrize(("body", "field"), [
    ({"kind": "scan"}, "event_id"), (scan("b", points=1.5), "points"),
    (scan("b", proof="word"), "proof"),
    (scan("b", occurred_at="2025-03-05T10:00:00"), "occurred_at"),
    (scan("b", kind="order"), "kind"),
    (scan("b", occurred_at="20000-01-01T00:00:00Z"), "occurred_at"), (scan("b", lat=91), "lat"),
    (scan("b", program_id="another"), "program_id"), (scan("b", points=10**30), "points"),
])
def test_a_bad_body_names_its_field(api: Api, body: dict[str, Any], field: str) -> None:
    """A body that breaks the contract is a 400 with the field and what was expected."""
    answer = api.post("/verdicts", body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["field"] == field
    assert answer.json()["error"]["expected"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"kind":"scan"' * 999,
                                 b"[" * 9999, b'{"a":' * 2000 + b"1" + b"}" * 2000])
def test_what_is_no_json_object_is_a_400(api: Api, raw: bytes) -> None:
    """Broken bytes of any kind are the caller's mistake."""
    assert api.ask("POST", "/verdicts", content=raw).status_code == 400


def test_a_large_body_is_a_413(api: Api) -> None:
    """Bodies above the limit are refused, announced or not."""
    assert api.ask("POST", "/verdicts", content=b"x" * 30_000).status_code == 413
    chunks = (b"x" * 1000 for _ in range(30))
    assert api.ask("POST", "/feedback", content=chunks).status_code == 413


def test_keys_open_what_their_role_may(api: Api) -> None:
    """No key is a 401, another role's a 403, both in the one shape."""
    nobody = api.client.post("/verdicts", json=scan("k"))
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    wrong = api.post("/verdicts", scan("k"), role="marketer")
    assert wrong.status_code == 403
    assert wrong.json()["error"]["code"] == "forbidden"
    by_header = api.client.get("/outcomes", headers={"X-Api-Key": api.keys["auditor"]})
    assert by_header.status_code == 200
    assert api.get("/cases", role="points-engine").status_code == 403


def test_a_batch_answers_line_by_line(api: Api) -> None:
    """Lines come back in order; a bad one is an error among verdicts."""
    one, two = scan("l-1", code_id="C-1010"), scan("l-2", code_id="C-1011")
    lines = [json.dumps(one), "{nonsense", json.dumps(two), json.dumps(one)]
    answer = api.ask("POST", "/verdicts/batch", content="\n".join(lines))
    got = [json.loads(line) for line in answer.text.splitlines()]
    assert [row.get("event_id") for row in got] == ["l-1", None, "l-2", "l-1"]
    assert got[1]["error"]["code"] == "bad_input"
    assert got[0] == got[3]


def test_a_case_from_hold_to_release(api: Api) -> None:
    """A held event is a case; its release is an outcome, a label and a status."""
    verdict = held(api, "case-1")
    assert verdict["points_held"] == 80
    assert verdict["hold"]["then"] in ("release", "keep")
    case = next(row for row in api.get("/cases").json()["cases"] if row["case_id"] == "case-1")
    assert case["points_at_stake"] == 80
    assert api.get("/events/case-1").json()["status"] == "held"
    before = api.get("/outcomes").json()["cursor"]
    decision = {"decision": "release", "reason": "The invoice is fine.", "by": "rina"}
    first = api.post("/cases/case-1/decisions", decision, role="manager")
    again = api.post("/cases/case-1/decisions", decision, role="manager")
    assert first.json()["status"] == "released"
    assert (first.json()["points_final"], first.json()["label"]) == (80, "legit")
    assert again.status_code == 200
    other = api.post("/cases/case-1/decisions", {**decision, "decision": "confirm_fraud"})
    assert other.status_code == 409
    feed = api.get(f"/outcomes?after={before}").json()["outcomes"]
    assert [(row["event_id"], row["status"]) for row in feed] == [("case-1", "released")]
    assert api.get("/events/case-1").json()["points_final"] == 80


def test_a_confirmed_fraud_is_kept_and_an_appeal_opens_it_again(api: Api) -> None:
    """Kept after a decision, open after an appeal, released after the second look."""
    held(api, "case-2")
    decision = {"decision": "confirm_fraud", "reason": "One wallet, five accounts.", "by": "rina"}
    assert api.post("/cases/case-2/decisions", decision).json()["status"] == "kept"
    assert api.post("/events/case-2/appeal", {"text": "It was my brother."}).json()["new"] == 1
    assert api.post("/events/case-2/appeal", {"text": "It was my brother."}).json()["same"] == 1
    release = {"decision": "release", "reason": "He is right.", "by": "budi"}
    assert api.post("/cases/case-2/decisions", release).json()["status"] == "released"
    assert api.post("/events/nobody/appeal", {"text": "?"}).status_code == 404
    assert api.post("/events/case-2/evidence", {}).status_code == 400


def test_credited_points_can_only_be_clawed_back(api: Api) -> None:
    """A released case that turns out a fraud is clawed back, and can not be kept."""
    held(api, "case-3")
    release = {"decision": "release", "reason": "Looks fine.", "by": "rina"}
    api.post("/cases/case-3/decisions", release)
    api.post("/events/case-3/appeal", {"text": "More, please."})
    keep = {"decision": "keep", "reason": "No.", "by": "rina"}
    assert api.post("/cases/case-3/decisions", keep).status_code == 409
    fraud = {"decision": "confirm_fraud", "reason": "Chargeback.", "by": "rina"}
    assert api.post("/cases/case-3/decisions", fraud).json()["status"] == "clawed_back"


def test_a_decline_is_closed_until_an_appeal(api: Api) -> None:
    """Proof asks for no person; the partner's appeal does."""
    declined = api.post("/verdicts", scan("dec-1", code_id="C-2")).json()
    assert declined["verdict"] == "decline"
    assert "dec-1" not in {row["case_id"] for row in api.get("/cases").json()["cases"]}
    api.post("/events/dec-1/appeal", {"text": "The other shop returned it."})
    assert "dec-1" in {row["case_id"] for row in api.get("/cases?limit=1000").json()["cases"]}


def test_all_reasons_of_an_approval(api: Api) -> None:
    """An approval's reasons are computed when asked for."""
    api.post("/verdicts", scan("r-1", code_id="C-1020"))
    stored = api.get("/events/r-1").json()
    assert stored["verdict"]["reasons"] == []
    assert stored["reasons"] is None
    asked = api.get("/events/r-1?reasons=all").json()["reasons"]
    assert asked
    assert {"code", "text", "contribution", "value", "usual"} == set(asked[0])
    assert api.get("/events/r-1?reasons=some").status_code == 400
    assert api.get("/events/never").status_code == 404


def test_events_decided_elsewhere(api: Api) -> None:
    """A backfilled event has a status and no verdict."""
    body = scan("old-1", code_id="C-1030", outcome="refused")
    assert api.post("/events", body).json() == {"new": 1, "same": 0}
    assert api.post("/events", body).json() == {"new": 0, "same": 1}
    stored = api.get("/events/old-1").json()
    assert (stored["verdict"], stored["status"], stored["points_final"]) == (None, "kept", 0)
    assert api.post("/events", scan("old-2", outcome="lost")).status_code == 400


def test_rows_of_any_table(api: Api) -> None:
    """Rows arrive under the rules of ingest: new, the same, a version, a reject."""
    void = {"code_id": "C-1040", "status": "void"}
    lines = "\n".join(json.dumps(row) for row in (void, {"code_id": "C-1", "status": "odd"}))
    first = api.ask("POST", "/records/codes", content=lines).json()
    assert (first["new"] + first["versions"], len(first["rejects"])) == (1, 1)
    assert first["rejects"][0]["column"] == "status"
    assert api.ask("POST", "/records/codes", content=json.dumps(void)).json()["same"] == 1
    declined = api.post("/verdicts", scan("rec-1", code_id="C-1040")).json()
    assert declined["hard_proof"] == ["code_void"]
    member = {"member_id": "m-live", "persona": "promoter", "joined_at": "2025-03-01T00:00:00Z"}
    assert api.ask("POST", "/records/members", content=json.dumps(member)).json()["new"] == 1
    assert api.ask("POST", "/records/scans", content="{}").status_code == 404
    assert api.ask("POST", "/records/codes", content="").status_code == 400


def test_feedback_declarations_and_lists(api: Api) -> None:
    """Labels, declarations and denied entities are stored; a denied device declines."""
    label = {"event_id": "h-5", "label": "fraud", "decided_at": "2025-03-04T00:00:00Z"}
    assert api.post("/feedback", label).json()["new"] == 1
    assert api.post("/feedback", label).json()["same"] == 1
    bad = api.post("/feedback", {**label, "decided_at": "yesterday"})
    assert (bad.status_code, bad.json()["error"]["field"]) == (400, "decided_at")
    shared = {"kind": "shared_device", "subject_id": "d-3"}
    assert api.post("/declarations", shared, role="manager").json()["new"] == 1
    deny = {"list": "deny", "kind": "device", "subject_id": "bad-phone", "by": "rina",
            "note": "An emulator."}
    assert api.post("/lists", deny, role="manager").status_code == 200
    answer = api.post("/verdicts", scan("deny-1", code_id="C-1050", device_id="bad-phone")).json()
    assert answer["hard_proof"] == ["deny_list"]
    api.post("/lists", {**deny, "list": "none"})
    freed = api.post("/verdicts", scan("deny-2", code_id="C-1051", device_id="bad-phone")).json()
    assert freed["hard_proof"] == []


def _ready(api: Api, path: str) -> Any:
    for _ in range(900):  # the table of members is made behind all else
        answer = api.get(path)
        if answer.status_code != 503:
            return answer
        assert answer.headers["Retry-After"]
        time.sleep(0.1)
    return answer


def test_a_member_s_standing(api: Api) -> None:
    """Inactivity in the contract's shape, and the standing around it."""
    answer = _ready(api, "/members/m-3/inactivity").json()
    assert list(answer) == [
        "p_inactive", "horizon_days", "expected_next_activity", "state", "reasons",
        "what_would_change"]
    assert 0 <= answer["p_inactive"] <= 1
    for number in range(1, 9):
        told = api.get(f"/members/m-{number}/inactivity").json()
        slips = told["state"] in {"slipping", "lapsed"}
        assert (told["what_would_change"] is not None) == slips
    standing = api.get("/members/m-3").json()
    assert standing["inactivity"] is not None
    assert standing["recent_verdicts"]
    assert _ready(api, "/members/nobody/inactivity").status_code == 404
    assert api.get("/members/nobody").status_code == 404


def test_a_member_is_known_from_his_arrival(api: Api) -> None:
    """Whoever was just recorded is new, not unknown."""
    row = {"member_id": "m-new", "persona": "retailer", "joined_at": "2025-03-01T00:00:00Z"}
    assert api.post("/records/members", row).json()["new"] == 1
    answer = _ready(api, "/members/m-new/inactivity")
    assert (answer.status_code, answer.json()["state"]) == (200, "new"), answer.text


def test_the_feed_of_nudges_is_honest(api: Api) -> None:
    """No nudge is made up; a sentence says why there is none."""
    assert api.get("/nudges").json()["nudges"] == []
    said = api.get("/nudges").json()["message"]
    assert "trends" in said
    assert "Nobody has looked at people inside yet" in said


def test_people_found_inside_are_nudges(
    made: Any, serving_app: Any, tmp_path: Path
) -> None:
    """The daily look's newest file is told in the program's language, without figures it lacks."""
    words = {"en": "c2 stands out.", "id": "c2 menonjol."}
    found = Finding("no_ticket", "agent", 1, "c2", 0.99, 0.001, 1_750_000_000_000,
                    {"credits": 9.0}, ("m-1", "m-2"), words, {"en": "An outage."})
    path = tmp_path / "home"
    with _served(made, serving_app, path) as api:
        write_findings([found], path / "insiders" / "acme" / "2025-06-15.json")
        [nudge] = api.get("/nudges").json()["nudges"]
    assert (nudge["kind"], nudge["text"], nudge["members"]) == (
        "insider.no_ticket", "c2 stands out.", 2)
    assert nudge["subject"] == {"kind": "agent", "id": "c2"}
    assert "c2" in nudge["next_step"]
    assert (nudge["since"], nudge["events"]) == ("2025-06-15T15:06:40.000Z", None)


def test_unknown_routes_and_methods(api: Api) -> None:
    """A path nobody made is a 404, a wrong method a 405 that names the right one."""
    assert api.get("/nothing").status_code == 404
    wrong = api.get("/verdicts")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")


BODILESS = ("/approve", "/withdraw", "/publish")
"""Ends of the paths that say all there is to say."""


def test_every_route_is_documented_with_examples(api: Api) -> None:
    """The document names every route, its errors, and an example of what comes and goes."""
    document = api.client.get("/openapi.json").json()
    text = json.dumps(document)
    assert "422" not in document["paths"]["/feedback"]["post"]["responses"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["security"], where
            assert {"200", "400", "401", "403", "503"} <= set(operation["responses"]), where
            if method == "post" and not path.endswith(BODILESS):
                assert "example" in json.dumps(_resolved(document, operation["requestBody"])), where
    assert '"event_id": "s-1001"' in text
    assert len(document["paths"]) == 40


def _resolved(document: dict[str, Any], part: Any) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            name = part["$ref"].split("/")[-1]
            return _resolved(document, document["components"]["schemas"][name])
        return {key: _resolved(document, value) for key, value in part.items()}
    return [_resolved(document, item) for item in part] if isinstance(part, list) else part
