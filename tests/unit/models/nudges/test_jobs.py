from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from features.errors import BadInput
from features.store.home import Home
from features.store.ingest import ingest
from models.nudges import KINDS, find_nudges
from models.nudges.given import MISSIONS
from training.simulate import simulate

if TYPE_CHECKING:
    from features.store.journal import Journal

DAY = 86_400_000


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    room = tmp_path_factory.mktemp("nudges")
    simulate(room / "export", 300, 130, 5)
    home = Home(room / "home")
    ingest(home, room / "export")
    return home.journal()


def test_a_night_over_a_journal_is_the_same_again_and_tells_how_far_it_is(
    journal: Journal,
) -> None:
    told: list[tuple[str, int, int]] = []
    as_of = journal.as_of_ms - 10 * DAY
    one = find_nudges(journal, as_of, progress=lambda *step: told.append(step))
    assert one == find_nudges(journal, as_of)
    assert one.tested > 50
    assert {each.kind for each in one.findings} <= set(KINDS)
    assert told[-1][1] == told[-1][2]


def test_a_day_that_is_not_over_is_left_for_the_next_night(journal: Journal) -> None:
    """At noon it says what it said at the morning's first moment."""
    noon = journal.as_of_ms // DAY * DAY - 12 * 3_600_000
    early = noon - (noon + 7 * 3_600_000) % DAY
    assert [each.key for each in find_nudges(journal, noon).findings] == [
        each.key for each in find_nudges(journal, early).findings]


def test_missions_given_are_told_among_the_rest(journal: Journal) -> None:
    table = pd.DataFrame([["m-good", 0.2, 0.17, 0.23, 900, 0.0, 100.0]], columns=MISSIONS)
    found = find_nudges(journal, journal.as_of_ms, missions=table).findings
    one = next(each for each in found if each.kind == "mission_works")
    assert (one.key, one.money) == ("mission_works:mission:m-good", pytest.approx(18_000))
    assert one.q_value < 0.01


def test_a_share_of_false_ones_that_is_none_is_refused(journal: Journal) -> None:
    with pytest.raises(BadInput, match="between 0 and 1"):
        find_nudges(journal, 0, false_share=1.5)
