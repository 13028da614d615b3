"""The page on nights: its table names every step, and its examples are what their readers take."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from features.exports.config import validate
from features.exports.program import Program
from jaga.nightly.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[1] / "docs" / "nightly.md").read_text()


def blocks(language: str) -> Iterator[str]:
    """Examples of the page in one language."""
    yield from re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_every_step_is_on_the_page_in_its_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE) == [
        step.name for step in STEPS]


def test_the_settings_are_a_program_s() -> None:
    """As program.yaml takes them, the defaults as they are."""
    settings = yaml.safe_load(next(iter(blocks("yaml"))))
    program = validate(Program, {"program_id": "acme", **settings}, "program.yaml")
    assert program.nightly.train_every_days == Program(program_id="acme").nightly.train_every_days
    assert [each.language for each in program.nightly.digest.recipients] == ["id", None]


def test_the_line_of_cron_has_five_times_a_user_and_the_command() -> None:
    (line,) = blocks("cron")
    *times, user, command = line.split(None, 6)
    assert all(re.fullmatch(r"\*|\d{1,2}", each) for each in times)
    assert len(times) == 5
    assert user == "jaga"
    assert command.startswith("/opt/jaga/.venv/bin/jaga run nightly --home")


def test_the_units_are_what_systemd_reads(tmp_path: Path) -> None:
    """By systemd itself where it is there; else as far as their own shape tells."""
    names = []
    for text in blocks("ini"):
        name = text.split("\n")[0].rpartition("/")[2]
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(text)
        assert parser.sections()[0] == "Unit"
        (tmp_path / name).write_text(text.replace("/opt/jaga/.venv/bin/jaga", "/bin/true"))
        names.append(name)
    assert names == ["jaga-nightly.service", "jaga-nightly.timer"]
    systemd = shutil.which("systemd-analyze")
    if systemd is None:
        pytest.skip("systemd is not here")
    verified = subprocess.run([systemd, "verify", *(str(tmp_path / name) for name in names)],
                              capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stderr


def test_the_cron_job_is_one() -> None:
    """Of Kubernetes: one run at a time, started again where it fails, the command of this page."""
    job: dict[str, Any] = yaml.safe_load([*blocks("yaml")][1])
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "OnFailure"
    (container,) = pod["containers"]
    assert container["command"][:3] == ["jaga", "run", "nightly"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]}
