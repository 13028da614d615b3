"""How unusual members are does not hang on how many rows are looked at together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from models import champion
from models.bundle import Bundle
from serving import members

if TYPE_CHECKING:
    from tests.unit.serving.conftest import World


def told(world: World) -> pd.Series[Any]:
    home = world.home
    journal, catalog = home.journal(), home.catalog()
    bundle = Bundle.load(champion.champion(home.bundles(journal.program.program_id)), catalog)
    found = members.surprises(journal, bundle, catalog, journal.as_of_ms)
    home.close()
    return found


@pytest.mark.parametrize("together", [1, 7, 50])
def test_a_few_rows_at_a_time_tell_the_same(
    world: World, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = told(world)
    assert len(whole) > 1
    monkeypatch.setattr(members, "TOGETHER", together)
    pd.testing.assert_series_equal(told(world), whole, check_exact=True)
