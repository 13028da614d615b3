"""What becomes of an act between the moment it is taken and the moment it takes effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.errors import Conflict, Unavailable
from features.store.home import Home
from models.answers import rfc3339
from serving.review import acting, applying, causes

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
DAY_MS = 86_400_000


def ingest(desk: Desk, table: str, *rows: dict[str, Any]) -> None:
    """Write rows as an export does, which may say that they are known only later."""
    home = Home(desk.path)
    for row in rows:
        with home.journal("acme").begin() as writing:
            _, rejects = writing.rows(table, pd.DataFrame([{"program_id": "acme", **row}]))
            assert rejects.empty
    home.close()


def versions(desk: Desk, table: str, column: str, name: str) -> list[tuple[int, int]]:
    """Moment and value of each version of a code or campaign, in the order that the state reads."""
    key = table.removesuffix("s") + "_id"
    journal = desk.programs.home.journal("acme")
    frame = journal.frame(table)
    mine = frame[journal.names(key.removesuffix("_id"), frame[key].to_numpy()) == name]
    return [(int(row.place) >> 20, int(getattr(row, column))) for row in mine.itertuples()]


def test_a_code_known_only_later_is_void_from_there(closed_desk: Desk) -> None:
    """Both what holds now and what would hold instead; a code not there yet never is in force."""
    later = closed_desk.now + 400 * DAY_MS
    ingest(closed_desk, "codes", {"code_id": "F-1", "batch_id": "B-9", "status": "printed"}, *[
        {"code_id": name, "batch_id": "B-9", "status": "dispatched", "known_at": rfc3339(later)}
        for name in ("F-1", "F-2")])
    with closed_desk.open() as desk:
        desk.done(desk.act("rina", "void_batch", batch_id="B-9", note="Stolen."))
        assert desk.scan_word("a", code_id="F-1") == ["code_void"]
        first, second = (versions(desk, "codes", "status", name) for name in ("F-1", "F-2"))
        assert [(ms >= later, status == causes.VOID) for ms, status in first] == [
            (False, False), (False, True), (True, False), (True, True)]
        assert [(ms >= later, status == causes.VOID) for ms, status in second] == [
            (True, False), (True, True)]
        rows = desk.programs.home.journal("acme").count("codes")
        desk.done(desk.act("ben", "void_batch", batch_id="B-9", note="Again."))
        assert desk.programs.home.journal("acme").count("codes") == rows


def test_a_void_that_can_not_be_written_ends_and_says_so(closed_desk: Desk) -> None:
    """Its file makes the code void later, and takes the same row now as that one again."""
    ingest(closed_desk, "codes", {"code_id": "F-1", "batch_id": "B-9", "status": "printed"},
           {"code_id": "F-1", "batch_id": "B-9", "status": "void",
            "known_at": rfc3339(closed_desk.now + 400 * DAY_MS)})
    with closed_desk.open() as desk:
        made = desk.act("rina", "void_batch", batch_id="B-9", note="Stolen.")
        assert desk.done(made, "failed")["failure"] == applying.LEFT.format(1)


def test_a_campaign_that_is_to_change_later_ends_in_both_versions(closed_desk: Desk) -> None:
    """What is known only later does not let it begin again."""
    later = closed_desk.now + 400 * DAY_MS
    ingest(closed_desk, "campaigns", *[
        {"campaign_id": "fest", "kind": "festival", "starts_at": "2025-01-01T00:00:00Z",
         "ends_at": f"{year}-01-01T00:00:00Z", "known_at": known}
        for year, known in ((2035, "2025-01-01T00:00:00Z"), (2036, rfc3339(later)))])
    with closed_desk.open() as desk:
        desk.done(desk.act("rina", "pause_campaign", campaign_id="fest", note="2035 for 2025."))
        found = versions(desk, "campaigns", "ends_at", "fest")
        assert [(ms >= later, ends <= desk.now) for ms, ends in found] == [
            (False, False), (False, True), (True, False), (True, True)]


def test_an_undo_that_waited_too_long_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock counts when its turn comes, not when it was asked for."""
    desk.scan("a")
    made = desk.decide("rina", "a")
    real = acting.read_insiders

    def slowly(folder: Any) -> Any:
        desk.now += 30_000
        return real(folder)

    monkeypatch.setattr(acting, "read_insiders", slowly)
    assert desk.try_act("rina", "undo", action_id=made["action_id"]).status_code == 409


def test_an_act_that_has_begun_is_not_undone(desk: Desk) -> None:
    """Even where the clock was set back: some alerts are decided, and stay it."""
    names = [f"e{n}" for n in range(applying.PART + 2)]
    for name in names:
        desk.scan(name)
    made = desk.decide("rina", *names)
    begun: list[int] = []

    def dies(self: Any, name: str, now_ms: int) -> int:
        if not begun:
            self._do(lambda writing: self._apply(writing, name, now_ms))
            begun.append(now_ms)
        raise OSError("killed")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(applying.Applying, "_applied", dies)
        desk.now += 31_000
        desk.until(lambda: begun)
        desk.now -= 31_000
        late = desk.try_act("rina", "undo", action_id=made["action_id"])
    assert (late.status_code, "begun" in late.text) == (409, True)
    desk.done(made)
    assert {desk.status(name) for name in names} == {("kept", 0)}


def test_what_the_partner_says_meanwhile_is_looked_at_first(desk: Desk) -> None:
    """His alert is not decided and stays open; the others of the act are decided."""
    desk.scan("a")
    desk.scan("b", member="m-4")
    desk.scan("c", member="m-5")
    desk.key("POST", "/events/c/appeal", {"text": "Before."})
    desk.now += 1
    made = desk.decide("rina", "a", "b", "c")
    desk.now += 1
    desk.key("POST", "/events/a/evidence", {"text": "My invoice."})
    shown = desk.done(made)
    assert (shown["failed"], shown["failure"]) == (1, applying.ANSWERED)
    assert [desk.status(name)[0] for name in "abc"] == ["held", "kept", "kept"]
    assert desk.labels("a") == []
    assert "a" in [row["case_id"] for row in desk.key("GET", "/cases").json()["cases"]]
    desk.done(desk.decide("ben", "a", decision="release"))
    assert desk.status("a") == ("released", 80)


@pytest.mark.parametrize("meanwhile", ["given", "appeal"])
def test_a_silent_second_review_never_becomes_a_decision(
    closed_desk: Desk, settings_of: Callable[..., None], meanwhile: str
) -> None:
    """Though somebody gave it first, or an appeal opened the case, before it takes effect."""
    settings_of(closed_desk.path, second_review=1.0)
    with closed_desk.open() as desk:
        desk.scan("a")
        desk.done(desk.decide("rina", "a", decision="keep"))
        made = desk.decide("ben", "a")
        desk.now += 1
        if meanwhile == "appeal":
            assert desk.key("POST", "/events/a/appeal", {"text": "Mine."}).json()["case_open"]
        else:
            with desk.programs.home.database.writing() as store:
                store.run("UPDATE second_reviews SET second_by = 'ana', second_decision = 'keep', "
                          "second_ms = 1")
        shown = desk.done(made, "failed" if meanwhile == "appeal" else "done", by="audi")
        assert shown["failure"] == (applying.ANSWERED if meanwhile == "appeal" else None)
        assert desk.status("a") == ("kept", 0)
        assert desk.labels("a") == []
        assert [word for word, *_ in desk.audit()].count("case_decided") == 1


def test_an_act_that_is_refused_fails_and_one_whose_store_is_away_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the kind of the error."""
    desk.scan("a")
    desk.scan("b", member="m-4")
    refused, away = desk.decide("rina", "a"), desk.decide("rina", "b")
    asked: list[str] = []
    real = applying._PARTS["decide"]

    def decide(chore: Any, writing: Any, action: Any, now_ms: int) -> bool:
        asked.append(action.action_id)
        if action.action_id == refused["action_id"]:
            raise Conflict("a part", "none", "leave it")
        if asked.count(action.action_id) == 1:
            raise Unavailable("a store", "none", "wait")
        return real(chore, writing, action, now_ms)

    monkeypatch.setitem(applying._PARTS, "decide", decide)
    desk.done(away)
    shown = desk.done(refused, "failed")
    assert (shown["failed"], "came none" in shown["failure"]) == (1, True)
    assert asked.count(refused["action_id"]) == 1
    assert (desk.status("a"), desk.status("b")) == (("held", 0), ("kept", 0))
