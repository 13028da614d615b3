"""`jaga user` and `jaga key` as a person types them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from features.exports.program import Program
from features.store.home import Home
from jaga.command import main
from jaga.doctor import examine
from jaga.verbs import identity
from serving import roles
from serving.identity.passwords import is_password
from serving.identity.users import known_person
from serving.keyring import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORD = "eleven brown geese walking"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    home.create(Program(program_id="acme"))
    yield home
    home.close()


def run(home: Home, *words: str, given: str = "") -> Any:
    return CliRunner().invoke(main, [*words, "--home", str(home.path), "--json"], input=given)


def told(home: Home, *words: str, given: str = "") -> dict[str, Any]:
    answer = run(home, *words, given=given)
    assert answer.exit_code == 0, answer.output
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def test_a_made_password_is_shown_once_and_works(home: Home) -> None:
    """It is in the answer of add, and in no later one."""
    made = told(home, "user", "add", "Rina", "--role", "manager")
    stored = known_person(home.database, "rina").password_hash
    assert is_password(stored, made["password"])
    listed = run(home, "user", "list").stdout
    assert made["password"] not in listed
    assert "argon2" not in listed
    again = told(home, "user", "reset", "rina")
    assert not is_password(known_person(home.database, "rina").password_hash, made["password"])
    assert is_password(known_person(home.database, "rina").password_hash, again["password"])


def test_a_password_is_asked_for_or_read_and_then_not_shown(home: Home, tmp_path: Path) -> None:
    """From the terminal, twice; from a file; from the standard input; never from the line."""
    file = tmp_path / "word"
    file.write_text(f"{WORD}\n")
    for name, words, given in (
        ("asked", ["--ask"], f"{WORD}\n{WORD}\n"),
        ("file", ["--password-file", str(file)], ""),
        ("stdin", ["--password-file", "-"], f"{WORD}\n"),
    ):
        answer = run(home, "user", "add", name, "--role", "auditor", *words, given=given)
        assert answer.exit_code == 0, answer.output
        assert WORD not in answer.output
        assert is_password(known_person(home.database, name).password_hash, WORD)
    assert run(home, "user", "add", "no", "--role", "auditor", "--password", WORD).exit_code == 2
    both = run(home, "user", "add", "no", "--role", "auditor", "--ask", "--password-file", "-")
    assert both.exit_code == 2
    weak = run(home, "user", "add", "no", "--role", "auditor", "--password-file", "-",
               given="short")
    assert weak.exit_code == 2
    assert "12 to 256" in weak.output
    assert sorted(told(home, "user", "list")["users"]) == ["asked", "file", "stdin"]


def test_what_is_wrong_is_said_and_changes_nothing(home: Home) -> None:
    """No name, no role, nobody of that name, a role of machines, a program that is not there."""
    for words in (["add"], ["add", "rina"], ["reset", "rina"], ["disable", "rina"],
                  ["add", "rina", "--role", "points-engine"],
                  ["add", "rina", "--role", "manager@nowhere"]):
        answer = run(home, "user", *words)
        assert answer.exit_code == 2, words
        assert json.loads(answer.stdout.splitlines()[-1])["error"]["to_do"]
    assert told(home, "user", "list") == {"users": {}}


def test_a_key_is_made_rotated_listed_and_revoked(home: Home) -> None:
    """The old one works for the overlap, none where that is 0; names are what is shown later."""
    made = told(home, "key", "create", "--role", "marketer", "--days", "30", "--rate", "9")
    next_one = told(home, "key", "rotate", "--key", made["name"], "--overlap", "2")
    keys = Keys(home.database)
    keys.open()
    assert keys.check(made["key"]) is not None
    assert keys.check(next_one["key"]) is not None
    last = told(home, "key", "rotate", "--key", next_one["name"], "--overlap", "0")
    keys.refresh()
    assert keys.check(next_one["key"]) is None
    told(home, "key", "revoke", "--key", made["name"])
    keys.refresh()
    assert keys.check(made["key"]) is None
    keys.close()
    listed = told(home, "key", "list")["keys"]
    assert {name: row["status"] for name, row in listed.items()} == {
        made["name"]: "revoked", next_one["name"]: "expired", last["name"]: "works"}
    assert {row["role"] for row in listed.values()} == {"marketer"}
    assert listed[last["name"]]["rate"] == 9
    assert run(home, "key", "rotate", "--key", made["name"]).exit_code == 2
    assert run(home, "key", "revoke").exit_code == 2


def test_doctor_names_a_secret_that_everybody_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named, never what is in the file."""
    file = tmp_path / "url"
    file.write_text("redis://:hunter2@127.0.0.1")
    monkeypatch.setenv("JAGA_REDIS_URL_FILE", str(file))
    file.chmod(0o604)
    said = examine(tmp_path / "nowhere")["secret files"]
    assert "JAGA_REDIS_URL_FILE" in said
    assert "hunter2" not in said
    file.chmod(0o600)
    assert examine(tmp_path / "nowhere")["secret files"] == "ok"


def test_the_verbs_offer_the_roles_there_are() -> None:
    assert identity.ROLES == roles.ROLES
