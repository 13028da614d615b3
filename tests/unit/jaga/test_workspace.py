"""`jaga.open`: what a data scientist gets is what the feature jobs write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import jaga
from features.errors import BadInput, NotFound
from features.jobs import write_event_features, write_member_features
from features.members.member_catalog import MEMBER_CATALOG
from features.store.home import Home
from features.store.ingest import ingest
from training.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jaga.workspace import Workspace

AS_OF = "2025-05-01T00:00:00Z"
AS_OF_MS = 1_746_057_600_000
OWN = """
- name: member_scans_3d
  entity: member
  aggregate: count
  kinds: [scan]
  window: 3d
  family: velocity
  meaning: Scans of the member in 3 days
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small simulated program and one feature of its own."""
    folder = tmp_path_factory.mktemp("workspace")
    simulate(folder / "export", members=60, days=200, seed=3)
    home = Home(folder / "home")
    ingest(home, folder / "export")
    home.close()
    (folder / "home" / "features").mkdir()
    (folder / "home" / "features" / "own.yaml").write_text(OWN)
    return folder / "home"


@pytest.fixture
def opened(home: Path) -> Iterator[Workspace]:
    workspace = jaga.open(home)
    yield workspace
    workspace.close()


def test_events_are_the_rows_that_the_job_writes(opened: Workspace, tmp_path: Path) -> None:
    """Without a moment, the frame is the Parquet file of every event, value by value."""
    write_event_features(opened.journal, tmp_path / "rows.parquet", opened.catalog)
    expected = pd.read_parquet(tmp_path / "rows.parquet").set_index("event_id")
    frame = opened.features()
    assert len(frame) > 1000
    pd.testing.assert_frame_equal(expected, frame, check_dtype=False, check_exact=True)
    assert frame.attrs["hashes"] == opened.catalog.hashes


def test_members_are_the_rows_that_the_job_writes(opened: Workspace, tmp_path: Path) -> None:
    """With a moment, the frame is the Parquet file of every member as of it."""
    write_member_features(opened.journal, tmp_path / "rows.parquet", AS_OF_MS)
    expected = pd.read_parquet(tmp_path / "rows.parquet").set_index("member_id")
    frame = opened.features(as_of=AS_OF)
    pd.testing.assert_frame_equal(expected.drop(columns="as_of"), frame, check_dtype=False,
                                  check_exact=True)
    assert frame.attrs["as_of"] == pd.Timestamp(AS_OF)
    assert frame.attrs["hashes"] == MEMBER_CATALOG.hashes


def test_events_as_of_a_moment_are_those_before_it(opened: Workspace) -> None:
    """Rows of events as of a moment are the first rows of all, unchanged by what came later."""
    frame, whole = opened.features(as_of=AS_OF, of="events"), opened.features()
    assert 0 < len(frame) < len(whole)
    assert frame["recorded_at"].max() < pd.Timestamp(AS_OF) <= whole["recorded_at"].iloc[len(frame)]
    pd.testing.assert_frame_equal(whole.iloc[:len(frame)], frame, check_exact=True)


def test_a_moment_may_be_text_a_datetime_or_milliseconds(opened: Workspace) -> None:
    """The three spellings of a moment give the same rows."""
    frames = [opened.features(as_of=moment, columns=["days_since_last"])
              for moment in (AS_OF, datetime(2025, 5, 1, tzinfo=UTC), AS_OF_MS)]
    assert frames[0].equals(frames[1])
    assert frames[0].equals(frames[2])


def test_chosen_columns_come_alone_and_own_features_with_them(opened: Workspace) -> None:
    """Columns can be chosen by name, a program's own declarations among them."""
    frame = opened.features(columns=["member_scans_3d", "member_count_1h"])
    assert list(frame.columns) == ["kind", "member_id", "recorded_at", "place",
                                   "member_scans_3d", "member_count_1h"]
    assert frame["member_scans_3d"].max() >= 1


def test_a_moment_before_the_first_event_gives_no_rows(opened: Workspace) -> None:
    """An empty past is an empty frame with the same columns."""
    frame = opened.features(as_of="2001-01-01T00:00:00Z", of="events")
    assert len(frame) == 0
    assert list(frame.columns) == list(opened.features(as_of=AS_OF, of="events").columns)


@pytest.mark.parametrize(("asked", "sentence"), [
    ({"columns": ["member_count_1w"]}, "Wanted names of features; came 'member_count_1w'"),
    ({"as_of": "2025-05-01T00:00:00"}, "Wanted a time with an offset"),
    ({"as_of": "tomorrow"}, "Wanted a time with an offset"),
    ({"as_of": -1}, "Wanted a time from 1970 to 2200"),
    ({"of": "codes"}, "Wanted 'events' or 'members'"),
])
def test_what_can_not_be_answered_is_refused(
    opened: Workspace, asked: dict[str, object], sentence: str
) -> None:
    """A wrong name or moment is told in a sentence."""
    with pytest.raises(BadInput, match=sentence):
        opened.features(**asked)  # type: ignore[arg-type]


def test_an_unknown_program_is_told(home: Path) -> None:
    """A program that is not there is named with those that are."""
    with pytest.raises(NotFound, match="the program nobody"):
        jaga.open(home, "nobody")
