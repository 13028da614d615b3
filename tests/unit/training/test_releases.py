"""Random releases: read as they were known, and weighed for all that was held like them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.catalog import CATALOG
from features.places import first_place
from features.store.home import Home
from features.store.journal import Journal
from training.holds import LEAST, hold_estimate
from training.labels import Labels, label
from training.releases import MOST, NONE, Releases, inverse, read_releases
from training.settings import read_settings
from training.splits import DAY_MS
from training.train import build

CREDITED, HELD = 0, 1
RELEASES = Releases(np.array([1, 2, 3, 4, 5, 6, 7]),
                    np.array([0.05, 0.05, 0.001, 0.2, 0.05, 0.05, 0.0]),
                    np.array([1, 1, 1, 1, 1, 0, 0], bool))


def labelled(releases: Releases = RELEASES) -> Labels:
    """Label eight events at day 100.

    Released: silent, fraud, silent with a tiny chance, fraud yesterday, found honest. Held: silent,
    fraud with no chance left. The last is an ordinary credit.
    """
    days = np.array([0, 0, 0, 99, 0, 0, 0, 0])
    events = pd.DataFrame({
        "event": np.arange(1, 9), "place": [first_place(int(day) * DAY_MS) for day in days],
        "outcome": [CREDITED, CREDITED, CREDITED, CREDITED, CREDITED, HELD, HELD, CREDITED]})
    feedback = pd.DataFrame({"event_id": [2, 4, 5, 7], "label": [1, 1, 0, 1],
                             "decided_at": [5, 99 * DAY_MS, 5, 5]})
    feedback = feedback.assign(place=feedback["decided_at"] * 2**20, seq=np.arange(4))
    return label(events, feedback, 100 * DAY_MS, 60, 0.3, releases)


def test_what_was_let_through_and_matured_weighs_by_its_chance() -> None:
    """Silent, fraud or found honest alike; the tiny chance is capped; the young one still waits."""
    found = labelled()
    assert found.target.tolist() == [0, 1, 0, 1, 0, -1, 1, 0]
    assert found.weight.tolist() == [20, 20, MOST, 1, 20, 0, 1, 0.3]
    assert found.ended.tolist() == [True, True, True, False, True, False, False, False]
    assert found.labelled.tolist() == [False, True, False, True, True, False, True, False]


def test_without_releases_labels_are_as_ever() -> None:
    """No event stands for others."""
    found = labelled(NONE)
    assert found.weight.tolist() == [0.3, 1, 0.3, 1, 1, 0, 1, 0.3]
    assert not found.ended.any()


def test_both_figures_stand_side_by_side() -> None:
    """What was let through is counted with its weight, what reviewers decided without."""
    found = hold_estimate(np.arange(1, 9), np.arange(1, 9), labelled(), RELEASES)
    assert (found.events, found.frauds, found.eligible, found.with_chance) == (4, 1, 7, 6)
    assert found.precision.value == pytest.approx(20 / 110)
    assert (found.decided, found.decided_frauds) == (1, 1)
    assert found.as_dict()["precision"] is None
    assert f"4 matured events were let through by chance, wanted {LEAST}" in found.sentence


def test_a_chance_of_nearly_nothing_is_capped() -> None:
    """No event stands for more than the cap."""
    assert inverse(np.array([1.0, 0.5, 1e-9, 0.0])).tolist() == [1, 2, MOST, MOST]


def release(journal: Journal, *rows: tuple[int, int, float | None, int]) -> None:
    """Store verdicts: event number, place, chance, drawn."""
    with journal.database.writing() as store:
        for event, place, chance, drawn in rows:
            store.run(
                "INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, "
                "verdict, points_held, body, vector, decided_ms, release_chance, released) "
                "VALUES (?, ?, ?, 'b', 'p', 0, 0, ?, ?, 0, ?, ?)",
                (journal.key, event, place, b"{}", b"", chance, drawn))


def test_releases_are_known_from_their_verdict(
    three_members: Path, home_of: Callable[[Path], Home]
) -> None:
    """A verdict at or after the moment is not seen; one that was not eligible never."""
    journal = home_of(three_members).journal()
    scans = journal.frame("scans", columns=["event_id"])
    event, place = scans["event_id"].to_numpy(), scans["place"].to_numpy()
    assert len(read_releases(journal)) == 0
    release(journal, *zip(event.tolist(), place.tolist(), (0.05, None, 0.1, 0.0), (1, 0, 0, 0),
                          strict=True))
    found = read_releases(journal)
    assert len(found) == 3
    chance, drawn = found.of(np.array([*event, 999_999]))
    np.testing.assert_array_equal(chance, [0.05, np.nan, 0.1, 0.0, np.nan])
    assert drawn.tolist() == [True, False, False, False, False]
    assert len(read_releases(journal, int(place[2]))) == 1


def test_training_weighs_what_was_released_before_its_moment(
    three_members: Path, home_of: Callable[[Path], Home]
) -> None:
    """The past knows the releases of the past; the report knows those of the whole journal."""
    journal = home_of(three_members).journal()
    scans = journal.frame("scans", columns=["event_id"])
    rows = list(zip(scans["event_id"].tolist(), scans["place"].tolist(), strict=True))
    release(journal, *((event, place, 0.05, 1) for event, place in rows))
    as_of = (rows[2][1] >> 20) + 60 * DAY_MS + 1
    known = build(journal, as_of, read_settings(), seed=0).known
    assert known.labels.weight.tolist() == [20, 20, 20, 0]
    early = build(journal, rows[2][1] >> 20, read_settings(), seed=0).known
    assert early.labels.weight.tolist() == [0, 0]
    assert known.holds.events == 3


def test_a_release_is_no_feature() -> None:
    """Neither the draw nor its chance may tell a model what the policy thought."""
    assert [name for name in CATALOG.names if "release" in name] == []
