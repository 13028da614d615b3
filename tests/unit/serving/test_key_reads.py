"""What a key reads: a case with what decisions would do, the policy, who slips, its own role."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from models.policy import Policy
from serving.api import create_app
from serving.programs import Programs
from serving.settings import Settings
from serving.wire.cases import CaseFile
from serving.wire.leaving import MembersListed
from serving.wire.policies import PolicyInForce

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")
DECISIONS = ("release", "keep", "confirm_fraud")


class Desk:
    """A client of one service, with the key of a role."""

    def __init__(self, client: Any, keys: dict[str, str]) -> None:
        self.client, self.keys = client, keys

    def ask(self, method: str, path: str, role: str = "manager", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[role]}"}
        return self.client.request(method, path, headers=headers, **more)

    def held(self, name: str, points: int = 80) -> str:
        scan = {"kind": "scan", "event_id": name, "member_id": "m-3", "points": points,
                "proof": "qr", "occurred_at": "2025-03-05T10:00:00+07:00"}
        answer = self.ask("POST", "/verdicts", "admin", json=scan)
        assert answer.json()["verdict"] == "review", answer.text
        return name

    def decide(self, name: str, decision: str) -> Any:
        return self.ask("POST", f"/cases/{name}/decisions", json={
            "decision": decision, "reason": "A reason.", "by": "rina"})

    def file(self, name: str, role: str = "manager") -> dict[str, Any]:
        answer = self.ask("GET", f"/cases/{name}", role)
        assert answer.status_code == 200, answer.text
        CaseFile.model_validate(answer.json(), strict=True)
        return dict(answer.json())


@pytest.fixture(scope="module")
def desk(
    made: Any, serving_app: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    path: Path = tmp_path_factory.mktemp("files") / "home"
    shutil.copytree(made.path, path)
    settings = Settings(home=path)
    programs = Programs(settings)
    programs.open(wait=True)
    with serving_app(create_app(programs, settings)) as client:
        yield Desk(client, made.keys)
    programs.close()


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_does_what_was_told(desk: Desk, decision: str) -> None:
    """Status, points and label are those of the decision that is then taken."""
    name = desk.held(f"told-{decision}")
    told = desk.file(name)["decisions"][decision]
    assert told["refused"] is None
    done = desk.decide(name, decision).json()
    assert (told["status"], told["points_final"], told["label"]) == (
        done["status"], done["points_final"], done["label"])
    given = told["points_final"] if decision == "release" else 0
    assert (told["points_released"], told["points_kept"]) == (given, 80 - given)


def test_looking_decides_nothing(desk: Desk) -> None:
    """An auditor may look as often as he likes: the case, its status and the feed stay."""
    name = desk.held("looked")
    before = desk.ask("GET", "/outcomes").json()["cursor"]
    first = desk.file(name, "auditor")
    assert desk.file(name, "auditor") == first
    assert first["open"]
    assert desk.ask("GET", f"/events/{name}").json()["status"] == "held"
    assert desk.ask("GET", "/outcomes").json()["cursor"] == before
    listed = desk.ask("GET", "/cases?limit=1000").json()["cases"]
    assert {key: first[key] for key in listed[0]} in listed


def test_reasons_have_their_honest_explanation(desk: Desk) -> None:
    """Each reason against the member that has one, once, in the program's language."""
    told = desk.file(desk.held("honest"))
    codes = [one["code"] for one in told["innocent"]]
    assert codes == list(dict.fromkeys(codes))
    assert codes
    assert all(one["text"].endswith(".") for one in told["innocent"])


def test_what_a_key_may_not_decide_is_told_before(desk: Desk) -> None:
    """What was decided otherwise, and what is too much for one pair of eyes."""
    name = desk.held("decided")
    desk.decide(name, "release")
    again = desk.file(name)
    assert not again["open"]
    assert again["decisions"]["release"]["refused"] is None
    assert again["decisions"]["confirm_fraud"]["refused"] == (
        desk.decide(name, "confirm_fraud").json()["error"]["message"])
    large = desk.held("large", points=900_000)
    told = desk.file(large)["decisions"]["release"]
    assert told["points_released"] > 0
    assert told["refused"] == desk.decide(large, "release").json()["error"]["message"]


def test_what_has_no_case_is_not_found(desk: Desk) -> None:
    """An unknown event, and one that was approved."""
    assert desk.ask("GET", "/cases/nobody").status_code == 404
    assert desk.ask("GET", "/cases/h-1").status_code == 404


def test_the_policy_in_force_is_that_of_verdicts(desk: Desk) -> None:
    """The version is the one that a verdict names; its text is the whole policy."""
    told = desk.ask("GET", "/policy", "auditor").json()
    PolicyInForce.model_validate(told, strict=True)
    verdict = desk.ask("GET", f"/events/{desk.held('judged')}").json()["verdict"]
    assert told["policy_version"] == verdict["policy_version"]
    assert told["bundle_id"] == verdict["bundle_id"]
    assert Policy.parse(told["text"], "policy.yaml").version == told["policy_version"]
    assert (told["enforcement"], told["applied"]) == ("full", None)


def test_who_slips_is_listed_as_the_desk_lists_him(desk: Desk) -> None:
    """Once the table is made; a state asks for those who are in it."""
    deadline = time.monotonic() + 60
    desk.ask("GET", "/members/m-3/inactivity")
    while (answer := desk.ask("GET", "/members", "marketer")).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    told = answer.json()
    MembersListed.model_validate(told, strict=True)
    everybody = sum(one["members"] for one in told["states"])
    found = [desk.ask("GET", f"/members?state={one['state']}&limit=1", "marketer").json()
             for one in told["states"]]
    assert sum(one["found"] for one in found) == everybody == 30
    assert all(len(one["members"]) <= 1 for one in found)
    assert desk.ask("GET", "/members?persona=promoter", "marketer").json()["found"] == 0
    assert desk.ask("GET", "/members?state=gone", "marketer").status_code == 400


def test_a_key_learns_what_it_may_do(desk: Desk) -> None:
    """Its program and its role, and no more than the acts of that role."""
    told = desk.ask("GET", "/key", "auditor").json()
    assert (told["program_id"], told["role"]) == ("acme", "auditor")
    assert told["may"] == ["read", "read-campaigns", "read-cases"]
    assert len(told["name"]) == 12
    assert desk.client.get("/key").status_code == 401
