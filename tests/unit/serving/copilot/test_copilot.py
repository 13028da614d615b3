"""The copilot's figures against plain sums over the same rows, and what is not measured."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.contract import LABELS, OUTCOMES, PERSONAS
from features.places import MISSING, place_ms
from serving.copilot.board import Boards, read_board
from serving.copilot.figures import DAY_MS, Span, read_earned
from serving.copilot.load import FEW, read_still
from serving.copilot.papers import ENOUGH, read_reliability
from serving.copilot.returns import read_returns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

DAYS = 30


@pytest.fixture(scope="module")
def journal(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A journal in which some events were refused and held, some scans say an amount."""
    path = tmp_path_factory.mktemp("copilot") / "home"
    shutil.copytree(made.path, path)
    home = type(made)(path, made.keys).home
    journal = home.journal()
    with home.database.writing() as store:
        store.run("UPDATE scans SET outcome = ? WHERE program = ? AND event_id % 7 = 0",
                  (OUTCOMES.index("refused"), journal.key))
        store.run("UPDATE scans SET outcome = ? WHERE program = ? AND event_id % 11 = 0",
                  (OUTCOMES.index("held"), journal.key))
        store.run("UPDATE scans SET amount = points * 1000 WHERE program = ? AND event_id % 2 = 0",
                  (journal.key,))
    yield journal
    home.close()


def naive(journal: Any, days: int = DAYS) -> pd.DataFrame:
    """Scans of the span, cell by cell."""
    rows = journal.frame("scans")
    ms = rows["place"].map(place_ms)
    until = journal.as_of_ms
    rows = rows[(ms >= until - days * DAY_MS) & (ms < until)].copy()
    rows["day"] = (ms - (until - days * DAY_MS)) // DAY_MS
    rows["outcome"] = rows["outcome"].replace(MISSING, 0)
    return rows


def test_points_are_those_of_the_rows(journal: Any) -> None:
    """Credited, stopped, each day, and who was active, as a plain sum over the rows says."""
    board, rows = read_board(journal, DAYS), naive(journal)
    figures = board.figures
    for code, word in enumerate(OUTCOMES):
        chosen = rows[rows["outcome"] == code]
        by_day = chosen.groupby("day")["points"].sum().reindex(range(DAYS), fill_value=0)
        assert figures.by_day[word] == by_day.tolist(), word
    assert figures.credited == rows.loc[rows["outcome"] == 0, "points"].sum() > 0
    assert figures.stopped == rows.loc[rows["outcome"] == 2, "points"].sum() > 0
    assert (figures.events, figures.active) == (len(rows), rows["member_id"].nunique())


def test_an_earlier_row_is_in_the_span_before(journal: Any) -> None:
    """Half-open: what is the first moment of one span is after the last of the one before it."""
    span = Span(DAYS, journal.as_of_ms)
    with journal.database.reading() as store:
        own = read_earned(store, journal.key, span)
        before = read_earned(store, journal.key, span.before)
        both = read_earned(store, journal.key, Span(2 * DAYS, span.until_ms))
    assert len(own.rows) + len(before.rows) == len(both.rows)
    assert len(before.rows) > 0


def test_sales_stand_beside_the_points_of_the_same_events(journal: Any) -> None:
    """The ratio is of events that say an amount; without enough of them nothing is measured."""
    rows = naive(journal)
    credited = rows[rows["outcome"] == 0]
    said = credited[credited["amount"] != MISSING]
    (one,) = read_board(journal, DAYS).returns["persona"]
    program = journal.program
    assert one.name == PERSONAS[0]
    assert one.points == credited["points"].sum()
    assert one.told == pytest.approx(said["points"].sum() / credited["points"].sum())
    sales = said["amount"].sum() / program.minor_units
    assert one.ratio == pytest.approx(sales / (said["points"].sum() * program.point_value))
    earned = read_earned_without_amounts(journal)
    with journal.database.reading() as store:
        (none,) = read_returns(store, journal.key, program, earned)["sku"]
    assert (none.ratio, none.told) == (None, 0.0)


def read_earned_without_amounts(journal: Any) -> Any:
    with journal.database.reading() as store:
        earned = read_earned(store, journal.key, Span(DAYS, journal.as_of_ms))
    earned.rows[:, -1] = MISSING
    return earned


def test_a_leak_is_proved_by_labels_and_expected_by_scores(journal: Any) -> None:
    """Labels of refused events prove no leak; without verdicts nothing is expected."""
    before = read_board(journal, DAYS).leak
    assert (before.labelled, before.expected, before.sampled) == (0, None, 0)
    rows = naive(journal)
    fraud = rows[rows["outcome"] == 0].head(3)
    refused = rows[rows["outcome"] == 2].head(2)
    place = int(rows["place"].max())
    with journal.database.writing() as store:
        for seq, (label, event) in enumerate(
                [("fraud", event) for event in fraud["event_id"]]
                + [("fraud", event) for event in refused["event_id"]]
                + [("legit", rows[rows["outcome"] == 0]["event_id"].iloc[5])]):
            store.run("INSERT INTO feedback (program, place, seq, event_id, label, decided_at) "
                      "VALUES (?, ?, ?, ?, ?, ?)",
                      (journal.key, place, 900_000 + seq, int(event), LABELS.index(label), seq))
        for event, own in rows.head(40)[["event_id", "place"]].itertuples(index=False):
            store.run("INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, "
                      "verdict, points_held, body, vector, decided_ms) "
                      "VALUES (?, ?, ?, 'b', 'p', 0, 0, ?, ?, 0)",
                      (journal.key, int(event), int(own), json.dumps({"score": 0.25}).encode(),
                       b""))
    leak = read_board(journal, DAYS).leak
    assert (leak.proved, leak.proved_events) == (int(fraud["points"].sum()), 3)
    assert leak.labelled == 4
    judged = rows.head(40)
    expected = 0.25 * judged.loc[judged["outcome"] == 0, "points"].sum()
    assert leak.expected == pytest.approx(expected)  # all 40 are drawn
    assert leak.low is not None
    assert leak.high is not None
    assert leak.low < leak.expected < leak.high
    assert read_board(journal, DAYS).leak == leak  # drawn by a seed


def test_calibration_waits_for_enough_labels(journal: Any) -> None:
    """A bundle with few labelled verdicts has no line."""
    with journal.database.reading() as store:
        assert read_reliability(store, journal.key, "b") is None
    rows = naive(journal, 60).tail(ENOUGH)
    with journal.database.writing() as store:
        for seq, event in enumerate(rows["event_id"]):
            label = LABELS.index("fraud" if seq % 2 else "legit")
            store.run("INSERT INTO feedback (program, place, seq, event_id, label, decided_at) "
                      "VALUES (?, 1, ?, ?, ?, ?)", (journal.key, 950_000 + seq, int(event),
                                                     label, 10**12 + seq))
            store.run("DELETE FROM verdicts WHERE program = ? AND event_id = ?",
                      (journal.key, int(event)))
            store.run("INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, "
                      "verdict, points_held, body, vector, decided_ms) "
                      "VALUES (?, ?, 1, 'c', 'p', 0, 0, ?, ?, 0)",
                      (journal.key, int(event),
                       json.dumps({"score": 0.9 if seq % 2 else 0.1}).encode(), b""))
    with journal.database.reading() as store:
        found = read_reliability(store, journal.key, "c")
    assert found is not None
    assert found.events == ENOUGH
    assert found.seen[0] == 0.0
    assert found.seen[-1] == 1.0
    assert (found.stated[0], found.stated[-1]) == pytest.approx((0.1, 0.9))


def test_a_small_group_s_share_is_not_told(journal: Any) -> None:
    """Shares are of groups that are large enough to hide one member."""
    with journal.database.writing() as store:
        for campaign, arm, members in (("a", "offered", FEW), ("a", "control", FEW - 1)):
            for member in range(1, members + 1):
                store.run("INSERT INTO standing_decisions (program, campaign_id, day, position, "
                          "member_id, decision_id, cluster, arm, intended, points) "
                          "VALUES (?, ?, 1, ?, ?, ?, '', ?, '', 0)",
                          (journal.key, campaign, member + (100 if arm == "control" else 0),
                           member, f"{arm}-{member}", arm))
    active = np.arange(1, FEW // 2 + 1)
    with journal.database.reading() as store:
        (one,) = read_still(store, journal.key, active)
    assert (one.offered, one.control) == (FEW, FEW - 1)
    assert one.offered_active == 0.5
    assert one.control_active is None


def test_a_board_is_kept_until_it_is_old(journal: Any) -> None:
    """The same board for a minute whatever comes; nobody waits for a newer one."""
    now = [0.0]
    boards = Boards(lambda: now[0])
    first = boards.get(journal, 7, patience_s=60)
    assert first is not None
    assert boards.get(journal, 7) is first
    assert first.figures == read_board(journal, 7).figures


def test_a_program_without_events_has_figures(world: Any) -> None:
    """All of them nothing, and none invented."""
    from features.exports.program import Program

    home = world.home
    board = read_board(home.create(Program(program_id="empty")), 7)
    home.close()
    assert board.figures.credited == 0
    assert board.leak.expected is None
    assert board.returns["sku"] == []


def test_papers_are_found_by_the_bundle(world: Any, tmp_path: Path) -> None:
    """The card of another run is not this bundle's."""
    from serving.copilot.papers import read_papers

    papers = read_papers(world.path, "acme")
    assert papers is not None
    assert (papers.card, papers.folder) == ("", None)
    for run, bundle in (("r1", "another"), ("r2", papers.bundle_id)):
        folder = world.path / "mlartifacts" / run / "artifacts"
        (folder / "bundle").mkdir(parents=True)
        (folder / "card").mkdir()
        (folder / "bundle" / "manifest.json").write_text(json.dumps({"bundle_id": bundle}))
        (folder / "card" / "card.md").write_text(f"# Card of {run}")
    found = read_papers(world.path, "acme")
    assert found is not None
    assert found.card == "# Card of r2"
    assert read_papers(tmp_path, "nobody") is None
