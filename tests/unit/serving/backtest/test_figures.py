"""The figures of a backtest, counted by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from features.errors import BadConfig, BadInput, NotFound
from features.exports.program import Program
from jaga.command import main
from models.policy import Policy
from serving.backtest.candidate import candidates
from serving.backtest.changes import changes
from serving.backtest.desk import desk
from serving.backtest.intervals import ratio, wilson
from serving.backtest.known import FRAUD, HONEST, UNKNOWN, Known, read_labels, read_truth
from serving.backtest.run import backtest
from serving.backtest.swept import Acts, Events
from serving.backtest.tally import figures
from serving.backtest.weeks import weeks

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400_000


def events(**more: Any) -> Events:
    """Six events on three days: four scans, a referral that is number five, a redemption."""
    columns = {"event": np.arange(1, 7), "member": np.array([1, 1, 2, 3, 4, 5]),
               "kind": np.array([0, 0, 0, 0, 1, 2], np.int8),
               "persona": np.zeros(6, np.int8), "points": np.array([10, 20, 30, 40, 50, 60]),
               "ms": np.array([0, 1, 2, DAY, DAY + 1, 9 * DAY]),
               "innocent": np.array([1, 0, 1, 0, 0, 0], np.int32)}
    return Events(**{**columns, **more})


def acts(verdict: list[int], held: list[int], would: list[int] | None = None) -> Acts:
    grounds = np.array([8 if word else 0 for word in verdict], np.uint8)
    return Acts(np.array(verdict, np.int8), np.array(would or verdict, np.int8), grounds,
                np.array(held), np.zeros(6, bool))


LABELS = Known(np.array([FRAUD, HONEST, UNKNOWN, FRAUD, UNKNOWN, FRAUD], np.int8))
BEFORE, AFTER = acts([1, 1, 0, 0, 2, 1], [5, 20, 0, 0, 50, 60]), acts([1, 0, 1, 0, 2, 1],
                                                                     [10, 0, 30, 0, 50, 60])


def test_points_stopped_and_honest_held_are_counted_apart_by_kind() -> None:
    """Who nobody labelled is counted by himself, never as honest."""
    found = figures(events(), BEFORE, LABELS, None, None)
    earning, redemption = found["earning"], found["redemption"]
    assert earning["verdicts"] == {"approve": 2, "review": 2, "decline": 1}
    assert earning["grounds"]["score"] == 3
    assert earning["points_held"] == 75
    assert earning["labelled"]["fraud"]["points"] == 50
    assert earning["labelled"]["fraud"]["points_stopped"] == 5
    assert earning["labelled"]["fraud"]["share"] == 0.1
    honest = earning["labelled"]["honest"]
    assert (honest["held"], honest["events"]) == (1, 1)
    assert (earning["not_labelled"]["held"], earning["not_labelled"]["declined"]) == (1, 1)
    assert earning["innocent"]["shared_device"]["events"] == 2
    assert earning["innocent"]["shared_device"]["held"] == 1
    assert redemption["labelled"]["fraud"]["share"] == 1.0


def test_the_truth_tells_by_pattern_and_look_alike() -> None:
    """Patterns by the points stopped, look-alikes by the honest events held."""
    truth = Known(np.array([1, 0, 0, 1, 0, 1], np.int8),
                  np.array(["bot", "", "", "ring", "", "ring"], object),
                  np.array(["", "family", "family", "", "farm", ""], object))
    told = figures(events(), BEFORE, LABELS, truth, None)["earning"]["truth"]
    assert {name: each["share"] for name, each in told["patterns"].items()} == {
        "bot": 0.5, "ring": 0.0}
    assert {name: each["share"] for name, each in told["look_alikes"].items()} == {
        "family": 0.5, "farm": 1.0}
    assert told["honest"]["held"] == 2


def test_a_random_release_stands_for_what_was_held() -> None:
    """One let through with a chance of a quarter counts four times, the eligible held not."""
    weights = np.array([4.0, 1, 1, 0, 1, 1])
    fraud = figures(events(), BEFORE, LABELS, None, weights)["earning"]["labelled"]
    assert fraud["fraud_weighted"]["points"] == 40
    assert fraud["fraud_weighted"]["share"] == 0.5


def test_changes_are_told_both_ways() -> None:
    """Newly held, newly let through, and held otherwise, with what is known of them."""
    found = changes(events(), BEFORE, AFTER, LABELS)
    assert {name: each["events"] for name, each in found.items()} == {
        "newly_held": 1, "newly_released": 1, "otherwise_held": 1}
    assert found["newly_held"]["not_labelled"] == 1
    assert found["newly_released"]["honest"] == 1
    assert found["otherwise_held"]["points_held_more"] == 5


def test_the_desk_counts_cases_hours_and_days_beyond_its_capacity() -> None:
    """Minutes are the policy's, or assumed and said to be; days are those of the program."""
    program = Program(program_id="acme", review_capacity_per_day=1)
    policy = Policy.parse('version: "1"\ncosts: {review_minutes: 30, review_minute: 0.5}')
    found = desk(events(), BEFORE, policy, program)
    assert (found["cases"], found["hours"], found["cost"]) == (4, 2.0, 60.0)
    assert (found["days"], found["days_over_capacity"], found["cases_over_capacity"]) == (10, 1, 1)
    assumed = desk(events(), BEFORE, Policy.parse('version: "1"'), program)
    assert assumed["minutes_from"] == "assumed"
    assert assumed["cost"] == 4 * program.costs.review


def test_weeks_begin_with_the_first_event() -> None:
    """Every event is in one week, empty weeks are there."""
    found = weeks(events(), {"a": BEFORE})
    assert found["events"] == [5, 1]
    assert found["candidates"]["a"]["review"] == [2, 1]
    assert found["candidates"]["a"]["share_held"] == [0.6, 1.0]


def test_wilson_s_interval_is_the_published_one() -> None:
    """Against statistical tables, and scipy."""
    from scipy.stats import binomtest

    for count, of in ((0, 10), (3, 50), (50, 50), (81, 263)):
        low, high = binomtest(count, of).proportion_ci(0.95, "wilson")
        found = wilson(count, of)
        assert found is not None
        assert found == pytest.approx((low, high), abs=1e-6)


def test_the_bootstrap_draws_members() -> None:
    """A hundred events of one pair of members say no more than two of them."""
    random = np.random.default_rng(0)
    part, member = random.integers(0, 2, 600), np.arange(600) // 100
    wide, narrow = ratio(part * 0 + (member % 2), np.ones(600), member), ratio(
        part, np.ones(600), np.arange(600))
    assert wide is not None
    assert narrow is not None
    assert wide[1] - wide[0] > 4 * (narrow[1] - narrow[0])


def test_the_later_label_wins_and_unknown_events_are_told(rich: Any) -> None:
    """Both stay in the journal; the report says how many disagree, and how many fit nothing."""
    journal = rich.journal()
    names = ["s-1", "s-2", "s-9", "x-4", "s-20"]
    known, notes = read_labels(journal, journal.numbers("event", names), journal.last_place + 1)
    assert known.target.tolist() == [HONEST, HONEST, FRAUD, FRAUD, UNKNOWN]
    assert "Labels of 1 events disagree" in notes[0]
    assert "1 events that the journal did not judge" in notes[1]
    early, _ = read_labels(journal, journal.numbers("event", names),
                           int(pd.Timestamp("2025-03-11T12:00:00Z").value // 10**6) << 20)
    assert early.target.tolist() == [FRAUD, HONEST, UNKNOWN, FRAUD, UNKNOWN]


def test_the_truth_of_another_program_is_refused(rich: Any, tmp_path: Path) -> None:
    """None at all, or none of these events; some that are missing are told."""
    journal = rich.journal()
    event = journal.numbers("event", ["s-1", "s-2"])
    with pytest.raises(BadInput, match=r"truth/events\.parquet"):
        read_truth(journal, event, tmp_path)
    (tmp_path / "truth").mkdir()

    def write(*names: str) -> None:
        pd.DataFrame({"event_id": names, "is_fraud": True, "pattern": "bot",
                      "look_alike": None}).to_parquet(tmp_path / "truth/events.parquet")

    write("other")
    with pytest.raises(BadInput, match="others"):
        read_truth(journal, event, tmp_path)
    write("s-2", "other")
    truth, notes = read_truth(journal, event, tmp_path)
    assert truth.target.tolist() == [UNKNOWN, FRAUD]
    assert "1 events" in notes[0]


def test_what_can_not_be_tried_is_refused_with_a_sentence(rich: Any, tmp_path: Path) -> None:
    """A policy that contradicts itself, an unknown bundle, a list that says nonsense."""
    def read(**options: Any) -> Any:
        return candidates(rich, rich.journal(), rich.catalog("acme"), **options)

    wrong, listing = tmp_path / "wrong.yaml", tmp_path / "lists.csv"
    wrong.write_text('version: "1"\nthresholds: {score: 0.2}\nstep_up: {score: 0.4}\n')
    with pytest.raises(BadConfig, match="step_up below the score"):
        read(policies=[wrong])
    with pytest.raises(NotFound, match="there are: "):
        read(bundle_id="nope")
    listing.write_text("list,kind,subject_id,note\nbanned,member,m-1,why\n")
    with pytest.raises(BadInput, match="entry 1 of lists"):
        read(lists=listing)
    listing.write_text("list,kind,subject_id,note\ndeny,member,m-1,why\ndeny,device,nobody,why\n")
    found, notes = read(lists=listing)
    assert [each.name for each in found] == ["in force", "lists lists.csv"]
    assert "lists 1 that the journal never named (device nobody)" in notes[0]


def test_two_policies_of_one_version_keep_their_names_apart(rich: Any, tmp_path: Path) -> None:
    """Each candidate is a column of its own."""
    path = tmp_path / "p.yaml"
    path.write_text('version: "1"\n')
    found, _ = candidates(rich, rich.journal(), rich.catalog("acme"), [path, path])
    assert len({each.name for each in found}) == 3


def test_a_bundle_that_learnt_from_later_events_is_marked(rich: Any) -> None:
    """The champion knew all but nothing of what it is judged on: all is in sample."""
    found = backtest(rich).body["candidates"]["in force"]
    assert found["in_sample_share"] == 1.0


def test_the_verb_prints_and_writes_the_same_figures(rich_path: Path, rich: Any, tmp_path: Path
                                                     ) -> None:
    """The last line is JSON without event ids; the file adds examples, the page a picture."""
    policy = tmp_path / "p.yaml"
    policy.write_text('version: "lax"\nthresholds: {score: never, anomaly: never}\n')
    out = tmp_path / "out"
    told = CliRunner().invoke(main, ["backtest", "--home", str(rich_path), "--policy", str(policy),
                                     "--out", str(out), "--json"])
    assert told.exit_code == 0, told.output
    body = json.loads(told.stdout.splitlines()[-1])
    written = json.loads((out / "report.json").read_text())
    examples = written.pop("examples")
    assert written == {name: value for name, value in body.items() if name != "out"}
    (name, change), = body["changes"].items()
    shown = examples[name]["newly_released"]
    assert change["newly_held"]["events"] == 0
    assert len(shown) == min(10, change["newly_released"]["events"]) > 0
    assert shown[0]["event_id"] not in told.output
    assert shown[0]["after"]["verdict"] == "approve"
    page = (out / "report.html").read_text()
    assert page.count("<polyline") == 4
    assert shown[0]["event_id"] in page


@pytest.mark.parametrize("options", [["--bundle", "nope"], ["--truth", "."],
                                     ["--policy", "none.yaml"]])
def test_the_verb_ends_with_status_2_for_what_a_person_can_mend(
    rich_path: Path, rich: Any, options: list[str]
) -> None:
    """One sentence, no traceback."""
    told = CliRunner().invoke(main, ["backtest", "--home", str(rich_path), *options])
    assert told.exit_code == 2
    assert "To do:" in told.output
