"""Deleting everything that was learnt from a moment on changes nothing before it.

One export is ingested whole into one home and, with every row known at or after the moment gone,
into another. Features, members and the bundle of that moment must be the same to the bit,
although the two journals number their members, codes and devices differently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import pytest

from features.catalog import CATALOG
from features.jobs import event_features
from features.members.member_catalog import MEMBER_CATALOG
from features.members.rhythm import member_features
from features.places import first_place
from features.progress import silent
from features.store.home import Home
from features.store.ingest import ingest
from models.champion import champion
from training.cut import cut
from training.events import read_events
from training.simulate import simulate
from training.train import train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.journal import Journal

DAYS: Final = 240
LATER_DAYS: Final = 60
DAY_MS: Final = 86_400_000
NUMBERED: Final = {"last_mission": "mission", "outlet": "outlet", "rep": "member",
                   "trade": "trade", "region": "region", "language": "language"}
"""Context of a member that is the number of a name, and the name's kind."""


class Worlds(NamedTuple):
    """The same program, known whole and known up to a moment."""

    at_ms: int
    whole: Home
    past: Home


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Large enough for a fraud model and for a rung above BTYD, with late and re-sent events."""
    folder = tmp_path_factory.mktemp("worlds")
    simulate(folder / "whole", members=400, days=DAYS, seed=5, story="electricians")
    scans = pd.read_parquet(folder / "whole" / "scans.parquet", columns=["occurred_at"])
    end = pd.to_datetime(scans["occurred_at"], utc=True).max()
    at_ms = round(end.timestamp() * 1000) - LATER_DAYS * DAY_MS
    cut(folder / "whole", at_ms, folder / "past", folder / "later")
    homes = {name: Home(folder / f"home-{name}") for name in ("whole", "past")}
    for name, home in homes.items():
        assert ingest(home, folder / name).as_dict()["rejects"] == 0
    yield Worlds(at_ms, **homes)
    for home in homes.values():
        home.close()


def _named(journal: Journal, kind: str, numbers: pd.Series) -> list[str]:
    return journal.names(kind, numbers.fillna(0).to_numpy(dtype=np.int64)).tolist()


def _events(journal: Journal, at_ms: int) -> tuple[pd.DataFrame, np.ndarray]:
    slices = list(event_features(journal, until=first_place(at_ms)))
    keys = pd.concat([keys for keys, _ in slices], ignore_index=True)
    keys = keys.assign(event=_named(journal, "event", keys["event"]),
                       member=_named(journal, "member", keys["member"]))
    return keys, np.concatenate([matrix for _, matrix in slices])


def _members(journal: Journal, at_ms: int) -> pd.DataFrame:
    frame = member_features(journal, at_ms)
    frame = frame.assign(**{name: _named(journal, kind, frame[name])
                            for name, kind in NUMBERED.items()})
    return frame.set_index(journal.names("member", frame.index.to_numpy())).sort_index()


def test_the_two_journals_differ_in_all_but_what_is_asked(worlds: Worlds) -> None:
    """More came later, and names have other numbers: what follows is no comparison with itself."""
    whole, past = worlds.whole.journal(), worlds.past.journal()
    assert whole.count("scans") > past.count("scans") > 1000
    assert past.as_of_ms <= worlds.at_ms < whole.as_of_ms
    names = past.names("member", np.arange(1, 200))
    assert not np.array_equal(whole.numbers("member", names.tolist()), np.arange(1, 200))


def test_event_features_know_nothing_that_came_later(worlds: Worlds) -> None:
    """The rows before the moment are the same events with the same bits."""
    whole_keys, whole = _events(worlds.whole.journal(), worlds.at_ms)
    past_keys, past = _events(worlds.past.journal(), worlds.at_ms)
    pd.testing.assert_frame_equal(whole_keys, past_keys)
    differing = (whole.view(np.int64) != past.view(np.int64)).any(axis=0)
    assert [CATALOG.names[column] for column in np.flatnonzero(differing)] == []


def test_rings_know_nothing_that_came_later(worlds: Worlds) -> None:
    """Size and score of each event's ring are the same, whatever the members' numbers are."""
    found = []
    for home in (worlds.whole, worlds.past):
        events = read_events(home.journal(), worlds.at_ms, silent)
        before = events.take(events.place < first_place(worlds.at_ms))
        found.append((before.ring_size.tolist(), before.ring.tolist()))
    assert found[0] == found[1]
    assert max(found[0][0]) > 2


def test_member_features_know_nothing_that_came_later(worlds: Worlds) -> None:
    """Every member known before the moment, with the same bits in every column."""
    whole = _members(worlds.whole.journal(), worlds.at_ms)
    past = _members(worlds.past.journal(), worlds.at_ms)
    assert whole.index.tolist() == past.index.tolist()
    floats = [name for name in whole.columns if name not in NUMBERED]
    assert set(MEMBER_CATALOG.names) <= set(floats)
    differing = (whole[floats].to_numpy().view(np.int64)
                 != past[floats].to_numpy().view(np.int64)).any(axis=0)
    assert [floats[column] for column in np.flatnonzero(differing)] == []
    pd.testing.assert_frame_equal(whole[list(NUMBERED)], past[list(NUMBERED)])


@pytest.mark.filterwarnings("ignore")  # MLflow, Evidently and shap warn on import
def test_a_bundle_knows_nothing_that_came_later(worlds: Worlds) -> None:
    """Trained as of the moment, both homes hold the same bundle to the byte."""
    reports = [train(home, as_of=worlds.at_ms) for home in (worlds.whole, worlds.past)]
    assert reports[0].supervised
    assert not reports[0].inactivity_why.startswith("btyd")
    folders = [champion(home.bundles(report.program_id))
               for home, report in zip((worlds.whole, worlds.past), reports, strict=True)]
    files = [{path.relative_to(folder).as_posix(): path.read_bytes()
              for path in folder.rglob("*") if path.is_file()}
             for folder in folders if folder is not None]
    assert len(files) == 2
    assert [name for name in files[0] if files[0][name] != files[1].get(name)] == []
    assert reports[0].bundle_id == reports[1].bundle_id
