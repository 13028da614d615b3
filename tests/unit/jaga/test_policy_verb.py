"""`jaga policy`: what a file would change, putting it in force, refusing a wrong one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from features.exports.program import Program
from features.store.home import Home
from jaga.command import main
from models.policy import Policy
from serving.policies import Policies

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of one program without a champion."""
    made = Home(tmp_path / "home")
    made.create(Program(program_id="acme"))
    made.close()
    return tmp_path / "home"


def run(home: Path, action: str, text: str, *more: str) -> Result:
    path = home.parent / "policy.yaml"
    path.write_text(text)
    return CliRunner().invoke(main, ["policy", action, str(path), "--home", str(home), *more])


def history(home: Path) -> list[Any]:
    opened = Home(home)
    with opened.database.reading() as store:
        found = Policies(store, opened.journal().key).history()
    opened.close()
    return found


def test_check_says_what_changes_and_writes_nothing(home: Path) -> None:
    """Each key that differs from the policy in force has a sentence."""
    text = Policy.read().text.replace("score: bundle", "score: 0.4", 1)
    shown = run(home, "check", text)
    assert shown.exit_code == 0
    assert shown.stdout.count("thresholds score was bundle and becomes 0.4") == 1
    assert history(home) == []
    assert "nothing" in run(home, "check", Policy.read().text).stdout


def test_apply_puts_it_in_force_under_a_name(home: Path) -> None:
    """The next check is against it."""
    text = 'version: "2"\nthresholds: {score: 0.4}\n'
    told = json.loads(run(home, "apply", text, "--by", "ana", "--json").stdout)
    assert (told["by"], told["number"]) == ("ana", 1)
    assert told["version"] == Policy.parse(text).version
    assert [(each.text, each.author) for each in history(home)] == [(text, "ana")]
    assert json.loads(run(home, "check", text, "--json").stdout)["changes"] == []


@pytest.mark.parametrize(("text", "said"), [
    ('version: "2"\nthresholds: {score: 2}', "policy.yaml"),
    ('version: "2"\ncosts: {missed_fraud_multiplier: -1}', "missed_fraud_multiplier"),
    ('version: "2"\nthresholds: {score: 0.2}\nstep_up: {score: 0.3}',
     "a step_up from 0.3 and a hold from 0.2"),
    ('version: "2"\nrandom_release: {share: 0.1}', "observing lets everything through already"),
])
def test_a_wrong_policy_ends_with_status_2_and_changes_nothing(home: Path, text, said) -> None:
    """One sentence on standard error; the policy in force stays."""
    run(home, "apply", 'version: "1"', "--by", "ana")
    for action in ("check", "apply"):
        shown = run(home, action, text, "--by", "ana")
        assert shown.exit_code == 2
        assert said in shown.stderr
        assert "To do:" in shown.stderr
    assert len(history(home)) == 1


def test_a_policy_is_applied_by_somebody(home: Path) -> None:
    """Without a name nothing is applied; a file that is not there is said so."""
    shown = run(home, "apply", 'version: "1"')
    assert (shown.exit_code, history(home)) == (2, [])
    assert "name yourself" in shown.stderr
    missing = CliRunner().invoke(main, ["policy", "check", "none.yaml", "--home", str(home)])
    assert missing.exit_code == 2
    assert "none.yaml" in missing.stderr


def test_a_key_of_the_sandbox_makes_the_sandbox(home: Path) -> None:
    """An integrator needs no export; another program of no export is still refused."""
    create = ["key", "create", "--home", str(home), "--json", "--program"]
    for _ in range(2):
        made = CliRunner().invoke(main, [*create, "sandbox"])
        assert json.loads(made.stdout)["program_id"] == "sandbox"
    assert CliRunner().invoke(main, [*create, "other"]).exit_code == 2
    opened = Home(home)
    assert opened.programs() == ["acme", "sandbox"]
    opened.close()
