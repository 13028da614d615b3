"""What is older than the program keeps goes; what is not stays as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.errors import BadConfig
from features.exports.program import Program, Retention
from serving.audit.jobs import examine
from serving.explain import explain
from serving.keeping import retention
from serving.keeping.retention import apply_retention, check_retention, longest_window_days

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86_400_000


def set_retention(home: Any, **days: int) -> None:
    journal = home.journal()
    home.create(journal.program.model_copy(update={"retention": Retention(**days)}),
                journal.missions)


def test_without_a_setting_all_is_kept(world: Any, person: Any) -> None:
    """The default is to keep, and it is said."""
    person.during(world.path, person.make)
    home = world.home
    told = apply_retention(home, None, "ana", person.now + 10_000 * DAY)
    assert told["kept"].startswith("everything")
    home.close()


def test_days_below_the_longest_window_are_refused(world: Any) -> None:
    """A window must find all it counts."""
    home = world.home
    catalog = home.catalog("acme")
    least = longest_window_days(catalog)
    assert least >= 90
    with pytest.raises(BadConfig, match=f"at least {least} days in retention.addresses"):
        check_retention(Retention(addresses=least - 1), catalog)
    check_retention(Retention(addresses=least), catalog)
    home.close()


def test_a_version_before_reads_settings_without_retention() -> None:
    """The key is written where it is set, and nowhere else."""
    plain = Program(program_id="acme")
    assert "retention" not in json.loads(plain.model_dump_json(by_alias=True))
    kept = Program(program_id="acme", retention=Retention(texts=400))
    assert Program.model_validate_json(kept.model_dump_json(by_alias=True)) == kept


def test_old_words_and_numbers_go_and_answers_stay(
    world: Any, person: Any, features_of: Callable[[Any], pd.DataFrame]
) -> None:
    """Re-sent events get their bytes, features and log stay true, the words are gone."""
    person.during(world.path, person.make)
    home = world.home
    set_retention(home, texts=400, addresses=400, vectors=400)
    before = features_of(home)
    with home.database.reading() as store:
        bodies = store.rows("SELECT event_id, body FROM verdicts ORDER BY event_id")
    early = apply_retention(home, None, "ana", person.now + 399 * DAY)
    assert (early["texts"], early["addresses"], early["vectors"]) == (0, 0, 0)
    told = apply_retention(home, None, "ana", person.now + 401 * DAY)
    with home.database.reading() as store:
        assert store.rows("SELECT event_id, body FROM verdicts ORDER BY event_id") == bodies
        left = dict(store.rows(
            "SELECT verdict, max(length(vector)) FROM verdicts GROUP BY verdict"))
        approved = store.rows("SELECT count(*) FROM verdicts WHERE verdict = 0")[0][0]
        words = str(store.rows("SELECT body FROM replies")) + str(
            store.rows("SELECT reason FROM decisions")) + str(store.rows(
                "SELECT name FROM entities WHERE kind = 'ip'"))
    assert left.pop(0) == 0
    assert all(left.values())
    assert told["vectors"] == approved
    assert "zz" not in words
    assert (told["texts"], told["addresses"]) == (2, 1)
    pd.testing.assert_frame_equal(features_of(home), before)
    assert examine(home.journal(), world.path).findings == []
    assert explain(home, "zz-event-zz-5").verdict["event_id"] == "zz-event-zz-5"
    assert apply_retention(home, None, "ana", person.now + 402 * DAY)["vectors"] == 0
    home.close()


def test_an_address_that_is_used_again_meanwhile_stays(
    world: Any, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the transaction that renames, a scan may come."""
    person.during(world.path, person.make)
    home = world.home
    set_retention(home, addresses=400)
    later = person.now + 401 * DAY

    async def scan(engine: Any) -> None:
        await engine.verdict(person.scan("zz-late", "m-1", "C-1999", ip="zz-ip-zz"))

    def comes(numbers: list[int]) -> list[list[int]]:
        person.during(world.path, scan, now_ms=later)
        return [numbers]

    monkeypatch.setattr(retention, "_batches", comes)
    assert apply_retention(home, None, "ana", later)["addresses"] == 0
    assert home.journal().number("ip", "zz-ip-zz") > 0
    home.close()
