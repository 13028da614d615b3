"""`jaga campaign`: from a file to results, each step said in words a person can act on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from jaga.command import main

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """id: back
name: Win back
segment: {persona: retailer}
missions: [come-back]
monthly_budget_points: 40000
control: 0.4
starts_at: 2025-03-01T00:00:00Z
ends_at: 2199-01-01T00:00:00Z
"""


@pytest.fixture
def jaga(story: Any, tmp_path: Path) -> Any:
    """Runs the verb on the story's home; the result, or what went wrong."""
    story.home.close()

    def run(*words: str, text: str | None = None) -> Any:
        if text is not None:
            (tmp_path / "campaign.yaml").write_text(text)
            words = (*words, str(tmp_path / "campaign.yaml"))
        home = str(story.home.path)
        shown = CliRunner().invoke(main, ["campaign", *words, "--home", home, "--json"])
        if shown.exit_code:
            return shown.exit_code, shown.stderr
        return json.loads(shown.stdout.splitlines()[-1])

    return run


def test_a_campaign_from_draft_to_results(jaga: Any) -> None:
    """Drafted with a forecast, approved by a person, run once a day, read, stopped."""
    drafted = jaga("draft", "--by", "rina", text=TEXT)
    seen = drafted["forecast"]
    assert (drafted["version"], drafted["status"]) == (1, "draft")
    assert seen["segment"] == 480
    assert seen["segment"] == seen["offered"] + seen["control"] + seen["global"] + sum(
        seen["excluded"].values())
    assert 0.01 < seen["smallest_effect"] < 0.3
    assert seen["points_a_month"] == min(round(seen["points"] * 30 / 14), 40_000)
    assert jaga("list")["campaigns"]["back"]["status"] == "draft"
    assert "name yourself" in jaga("approve", "back")[1]
    approved = jaga("approve", "back", "--by", "ana")
    assert (approved["status"], approved["by"]) == ("running", "ana")
    shown = jaga("run", "--dry-run", "--as-of", "2025-03-13")["campaigns"]["back"]
    night = jaga("run", "--as-of", "2025-03-13")
    assert night["campaigns"]["back"]["offered"] == shown["offered"] == night["handed_over"]["sent"]
    assert jaga("run", "--as-of", "2025-03-13")["campaigns"]["back"]["did"] == "done_before"
    assert jaga("results", "back", "--as-of", "2025-03-20")["verdict"] == "too_early"
    stopped = jaga("stop", "back", "--by", "ana", "--reason", "enough")
    assert (stopped["status"], stopped["reason"]) == ("stopped", "enough")
    assert jaga("run", "--as-of", "2025-03-14")["campaigns"] == {}


@pytest.mark.parametrize(("words", "text", "said"), [
    (("draft",), TEXT.replace("come-back", "quiz"), "To do: take one of come-back, spin"),
    (("draft",), TEXT.replace("retailer", "plumber"), "a persona of the program"),
    (("draft",), TEXT.replace("0.4", "0"), "control"),
    (("draft",), TEXT.replace("40000", "-1"), "monthly_budget_points"),
    (("results", "forth"), None, "To do: jaga campaign draft FILE makes one"),
    (("draft",), None, "wanted a FILE after draft"),
    (("run", "back"), None, "wanted nothing more after run"),
    (("run", "--as-of", "2025-01-02"), None, "after the journal's last event"),
])
def test_what_can_not_be_done_is_a_sentence(
    jaga: Any, words: tuple[str, ...], text: str | None, said: str
) -> None:
    """Exit status 2, and what to do; nothing of a wrong draft is kept."""
    status, told = jaga(*words, text=text)
    assert status == 2
    assert said in " ".join(told.split())
    assert jaga("list")["campaigns"] == {}
