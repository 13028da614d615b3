"""Who did what is in the log, by numbers, with the act itself or not at all."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.errors import BadInput, Conflict
from features.store.chain import HOME, Chain
from serving.api import create_app
from serving.applying import apply_policy
from serving.audit.jobs import examine, examine_home
from serving.identity.administering import add_user, disable_user
from serving.keys import hash_of, revoke_key, rotate_key
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.store.home import Home

NOW = 1_741_000_000_000


def entries(home: Home, program: int) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Act, who, about, details of each entry but the seals."""
    with home.database.reading() as store:
        return [(entry.act, entry.who, json.loads(entry.about), json.loads(entry.details))
                for entry in Chain(store, program).entries() if entry.act != "sealed"]


@pytest.fixture
def asked(world: Any, serving_app: Any) -> Iterator[Any]:
    """Asks a service over the home by the admin's key."""
    ticks = iter(range(NOW, NOW + 10**9, 1000))
    programs = Programs(Settings(home=world.path), lambda: next(ticks))
    programs.open(wait=True)
    with serving_app(create_app(programs, Settings(home=world.path))) as client:
        def ask(path: str, body: dict[str, Any]) -> Any:
            headers = {"Authorization": f"Bearer {world.keys['admin']}"}
            answer = client.post(path, json=body, headers=headers)
            while answer.status_code == 503:  # a busy machine: the same again is harmless
                time.sleep(0.2)
                answer = client.post(path, json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield ask
    programs.close()


def scan(name: str, code: str) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": "m-1", "points": 40, "proof": "qr",
            "occurred_at": pd.Timestamp(NOW, unit="ms", tz="UTC").isoformat(), "code_id": code,
            "device_id": "d-1"}


def test_acts_at_the_desk_name_person_and_key(asked: Any, world: Any) -> None:
    """The decision of a case, a list entry, a declaration; the same again is none."""
    key = hash_of(world.keys["admin"])[:12]
    asked("/verdicts", scan("one", "C-1000"))
    asked("/verdicts", scan("two", "C-1000"))
    case = asked("/events/two/appeal", {"text": "it was my brother"}) and "two"
    for _ in range(2):
        asked(f"/cases/{case}/decisions", {"decision": "release", "reason": "he showed it",
                                           "by": "rina"})
        asked("/lists", {"list": "deny", "kind": "device", "subject_id": "d-7", "by": "ben",
                         "note": "a farm"})
    asked("/declarations", {"kind": "shared_device", "subject_id": "d-1"})
    home = world.home
    journal = home.journal()
    event, device = journal.number("event", "two"), journal.number("device", "d-7")
    told = [entry for entry in entries(home, journal.key) if not entry[0].startswith("key_")]
    assert [(act, who, about) for act, who, about, _ in told[:2]] == [
        ("case_decided", "rina", {"event": event}),
        ("list_entry_written", "ben", {"device": device})]
    assert (told[2][0], told[2][1], list(told[2][2])) == ("declared", f"key {key}", ["seq"])
    assert [details["key"] for *_, details in told] == [key] * 3
    assert len(told) == 3
    text = json.dumps(told)
    assert [word for word in ("two", "m-1", "d-7", "brother", "showed", "farm") if word in text
            ] == []
    home.close()


def test_what_is_refused_leaves_no_entry(world: Any) -> None:
    """The entry lies in the transaction of the act."""
    home = world.home
    key = home.journal().key
    before = entries(home, key)
    with pytest.raises(BadInput, match="at least one role"):
        add_user(home, "rina", [], None, NOW)
    add_user(home, "rina", ["manager"], None, NOW)
    with pytest.raises(Conflict):
        add_user(home, "rina", ["manager"], None, NOW)
    assert entries(home, key) == before
    assert [entry[0] for entry in entries(home, HOME)] == ["user_added"]
    home.close()


def test_keys_people_and_policies_are_in_the_log(world: Any, tmp_path: Path) -> None:
    """By the first characters of a hash, by number, by version; never a secret."""
    home = world.home
    journal = home.journal()
    name = hash_of(world.keys["manager"])[:12]
    made = rotate_key(home, "acme", name)
    revoke_key(home, "acme", made["name"])
    (tmp_path / "policy.yaml").write_text('version: "2"\n')
    apply_policy(home, tmp_path / "policy.yaml", "ana", "acme", NOW)
    add_user(home, "rina", ["manager"], "acme", NOW, password="a long walk by the sea")
    disable_user(home, "rina", NOW)
    found = [(act, details) for act, _, _, details in entries(home, journal.key)]
    assert [act for act, _ in found] == [*["key_created"] * 5, "key_rotated", "key_created",
                                         "key_revoked", "policy_applied"]
    assert [details["key"] for _, details in found[5:8]] == [name, made["name"], made["name"]]
    assert [(act, list(about)) for act, _, about, _ in entries(home, HOME)] == [
        ("user_added", ["user"]), ("user_disabled", ["user"])]
    text = json.dumps([entries(home, HOME), entries(home, journal.key)])
    assert [secret for secret in (*world.keys.values(), made["key"], "walk", "rina")
            if secret in text] == []
    assert examine(journal, world.path).findings == []
    assert examine_home(home).findings == []
    home.close()


def test_no_text_gets_into_the_log(world: Any) -> None:
    """What is erased later must not stand where nothing can be taken out."""
    home = world.home
    with home.database.writing() as store:
        with pytest.raises(BadInput, match="at most 200 characters as note"):
            Chain(store, 1).add("noted", "ana", NOW, {}, {"note": "x" * 201})
        with pytest.raises(BadInput, match="a word in the past tense"):
            Chain(store, 1).add("Did it!", "ana", NOW)
    home.close()
