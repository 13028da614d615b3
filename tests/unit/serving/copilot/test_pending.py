"""Redemptions that did not come: what was paid for, not refused, and has no day of arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from features.contract import OUTCOMES
from features.places import MISSING, place_ms
from features.store.home import Home
from features.store.ingest import ingest
from serving.copilot.pending import DAYS, read_pending
from training.simulate import simulate

if TYPE_CHECKING:
    from features.store.journal import Journal

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    room = tmp_path_factory.mktemp("pending")
    simulate(room / "export", 300, 130, 5)
    home = Home(room / "home")
    ingest(home, room / "export")
    return home.journal()


@pytest.mark.parametrize("back", [0, 30])
def test_what_was_paid_for_and_did_not_come_is_listed(journal: Journal, back: int) -> None:
    """As the rows themselves say, up to the moment and no further."""
    until = journal.as_of_ms - back * DAY_MS
    rows = journal.frame("redemptions")
    ms = rows["place"].map(place_ms)
    rows = rows[(rows["fulfilled_at"] == MISSING) & (ms >= until - DAYS * DAY_MS) & (ms < until)
                & (rows["outcome"] != OUTCOMES.index("refused"))]
    with journal.database.reading() as store:
        told = read_pending(store, journal.key, until)
    assert [row[0] for row in told] == [
        str(name) for name in journal.names("event", rows["event_id"].to_numpy())]
    assert sum(row[3] for row in told) == rows["points"].sum() > 0
    assert all(row[2] for row in told)
