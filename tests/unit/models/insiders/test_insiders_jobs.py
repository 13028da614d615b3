"""The daily look at people inside is written once a day and read back by the feed of nudges."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
from click.testing import CliRunner

from jaga.command import main
from models.insiders.find import write_findings
from models.insiders.finding import Finding
from models.insiders.jobs import has_looked, newest_findings

if TYPE_CHECKING:
    from pathlib import Path


def finding(name: str) -> Finding:
    words = {"en": f"{name} stands out.", "id": f"{name} menonjol."}
    return Finding("no_ticket", "agent", 1, name, 0.99, 0.001, 1_750_000_000_000, {"credits": 9.0},
                   ("m-1", "m-2"), words, {"en": "An outage.", "id": "Gangguan."})


def test_the_newest_day_counts(tmp_path: Path) -> None:
    """Who was found yesterday and not today is not told any more; other files are no days."""
    assert newest_findings(tmp_path) == []
    for day, names in (("2025-06-01", ("a", "b")), ("2025-06-02", ("b",)), ("draft", ("z",))):
        write_findings([finding(name) for name in names], tmp_path / f"{day}.json")
    assert [each["staff_id"] for each in newest_findings(tmp_path)] == ["b"]


def test_the_verb_writes_the_day_and_another_file(world: Any, journal_of: Any, tmp_path: Path
                                                  ) -> None:
    """A sentence on the screen, the day's file in the home, and the same rows where asked for."""
    for clerk in range(6):
        world.credits(f"c{clerk}", 40, 0.9 if clerk == 2 else 0.1)
    journal_of(world)
    home, out = tmp_path / "home0", tmp_path / "found.parquet"
    run = ["insiders", "--home", str(home), "--as-of", "2025-11-01", "--out", str(out), "--json"]
    answer = CliRunner().invoke(main, run)
    assert answer.exit_code == 0, answer.output
    said = json.loads(answer.stdout.strip().splitlines()[-1])
    assert (said["findings"], said["no_ticket"]) == (1, 1)
    assert "c2: 36 of 40 credits have no ticket" in answer.stdout
    [kept] = newest_findings(home / "insiders" / "acme")
    assert [path.name for path in (home / "insiders" / "acme").iterdir()] == ["2025-11-01.json"]
    assert pd.read_parquet(out)["staff_id"].tolist() == [kept["staff_id"]] == ["c2"]


def test_a_look_that_found_nobody_is_a_look(tmp_path: Path) -> None:
    """An empty day is told apart from no day."""
    assert not has_looked(tmp_path)
    (tmp_path / "2026-01-02.json").write_text("[]")
    assert has_looked(tmp_path)
    assert newest_findings(tmp_path) == []
