from __future__ import annotations

from sqlite3 import IntegrityError
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.contract import OUTCOMES
from features.errors import BadCell, BadInput, Conflict, NotFound, Unavailable
from features.exports.program import Program
from features.places import MISSING, first_place, known_place
from features.records import COLUMN
from features.store.writing import GivenVerdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.home import Home
    from features.store.journal import Journal
    from features.store.writing import PreparedEvent

BODY = {"event_id": "e", "member_id": "m1", "occurred_at": "2026-01-01T00:00:00Z", "points": 10,
        "proof": "invoice", "lat": -6.2, "lon": "106.8", "seller_id": "s", "invoice_no": "7",
        "device_id": "d", "recorded_at": "1999-01-01", "outcome": "nonsense", "colour": "red"}
NOW = 1_767_225_700_000


@pytest.fixture
def journal(home: Home) -> Journal:
    return home.create(Program(program_id="acme"))


def store(journal: Journal, body: dict[str, Any] = BODY, now: int = NOW) -> PreparedEvent:
    with journal.begin() as writing:
        prepared = writing.event("scan", body, now)
        if not prepared.known:
            writing.insert(prepared, OUTCOMES.index("credited"))
    return prepared


def test_a_live_event_is_stored_as_an_ingested_one(
    home: Home, journal: Journal, put: Callable[..., Any], rows: Any
) -> None:
    """Apart from its number, what a live request stores is what a file with that row stores."""
    prepared = store(journal)
    put(scans=[{**{name: cell for name, cell in BODY.items() if name not in (
        "colour", "recorded_at")}, "event_id": "f", "program_id": "acme", "outcome": "credited",
        "recorded_at": "2026-01-01T00:01:40.001Z"}])
    live, filed = (row.drop(["place", "seq", "known_ms", "event_id", "recorded_at"])
                   for _, row in journal.frame("scans").iterrows())
    pd.testing.assert_series_equal(live, filed, check_names=False)
    matrix = np.concatenate(list(journal.records()))
    stored = matrix[matrix[:, COLUMN["kind"]] == 0][0]
    before = prepared.record.copy()
    assert before[COLUMN["outcome"]] == MISSING
    before[COLUMN["outcome"]] = 0
    np.testing.assert_array_equal(before, stored)


def test_the_clock_gives_the_place(journal: Journal) -> None:
    """A live event's time is the server's; one that is older takes the next place."""
    assert store(journal).place == first_place(NOW)
    older = store(journal, {**BODY, "event_id": "f"}, NOW - 1000)
    assert older.place == first_place(NOW) + 1
    assert journal.last_place == older.place


def test_several_events_of_one_transaction_have_places_of_their_own(journal: Journal) -> None:
    """They can be prepared together and stored later."""
    with journal.begin() as writing:
        prepared = [writing.event("scan", {**BODY, "event_id": name}, NOW) for name in "abc"]
        for event in prepared:
            writing.insert(event, 0)
    assert [event.place - first_place(NOW) for event in prepared] == [0, 1, 2]
    assert journal.frame("scans")["seq"].tolist() == [event.seq for event in prepared]


def test_a_bad_body_names_its_field(journal: Journal) -> None:
    """And nothing of it stays."""
    with pytest.raises(BadCell) as caught, journal.begin() as writing:
        writing.event("scan", {**BODY, "points": "5.5"}, NOW)
    assert caught.value.field == "points"
    with pytest.raises(BadCell, match="program_id"), journal.begin() as writing:
        writing.event("scan", {**BODY, "program_id": "zeta"}, NOW)
    with pytest.raises(BadInput, match="kind"), journal.begin() as writing:
        writing.event("gift", BODY, NOW)
    assert journal.last_seq == 0


def test_the_same_event_again_is_known(journal: Journal) -> None:
    """It comes back with the place it has, and can't be stored twice."""
    first = store(journal)
    again = store(journal, now=NOW + 5000)
    assert (again.known, again.place, again.seq) == (True, first.place, first.seq)
    with pytest.raises(Conflict), journal.begin() as writing:
        writing.insert(again, 0)
    assert len(journal.frame("scans")) == 1


def test_another_body_under_the_same_id_is_a_conflict(
    journal: Journal, home: Home, put: Callable[..., Any], rows: Any
) -> None:
    """Also where the id belongs to an event of another table."""
    store(journal)
    with pytest.raises(Conflict):
        store(journal, {**BODY, "points": 11})
    put(scans=[rows.scan("x", 9)], activities=[
        {"event_id": "act", "member_id": "m1", "occurred_at": rows.at(1), "kind": "login"}])
    with pytest.raises(Conflict):
        store(journal, {**BODY, "event_id": "act"})


def test_a_transaction_that_fails_leaves_nothing(journal: Journal) -> None:
    """Neither rows nor numbers of names."""
    def store_twice() -> None:
        with journal.begin() as writing:
            prepared = writing.event("scan", BODY, NOW)
            writing.insert(prepared, 0)
            writing.insert(prepared, 0)

    with pytest.raises(IntegrityError):
        store_twice()
    assert journal.last_place == 0
    assert journal.number("device", "d") == 0
    assert store(journal).row["device_id"] == 1


def test_a_verdict_is_kept_to_the_byte(journal: Journal) -> None:
    """And the vector of features beside it."""
    vector = np.array([1.5, np.nan]).tobytes()
    with journal.begin() as writing:
        prepared = writing.event("scan", BODY, NOW)
        writing.insert(prepared, 1)
        writing.verdicts([GivenVerdict(prepared.row["event_id"], prepared.place, "b", "1", 1, 10,
                                       b'{"x": 1}\n', vector, NOW)])
    assert journal.verdict("e") == b'{"x": 1}\n'
    row = journal.verdict_row("e")
    assert row is not None
    assert (row["vector"], row["place"], row["points_held"]) == (vector, prepared.place, 10)
    assert journal.verdict("unheard of") is None
    found = journal.event("e")
    assert found is not None
    assert (found[0], found[1]["outcome"]) == ("scans", 1)


def test_posted_rows_are_known_from_arrival(journal: Journal) -> None:
    """Whatever they say; a bad row is a reject and the others go on."""
    store(journal)
    frame = pd.DataFrame([{"campaign_id": name, "kind": kind, "known_at": "2020-01-01T00:00:00Z",
                           "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-02T00:00:00Z"}
                          for name, kind in (("a", "season"), ("b", "war"))])
    with journal.begin() as writing:
        counts, rejects = writing.rows("campaigns", frame, arrival_ms=NOW + 5)
    assert (counts.read, counts.new, counts.rejects) == (2, 1, 1)
    assert rejects[["row", "column", "value"]].values.tolist() == [[2, "kind", "war"]]
    assert journal.frame("campaigns")["place"].tolist() == [known_place(NOW + 5)]
    with pytest.raises(BadInput, match="events"), journal.begin() as writing:
        writing.rows("scans", frame)


def test_a_decision_needs_an_event(journal: Journal) -> None:
    """The feed of outcomes speaks only of events that are there."""
    with pytest.raises(NotFound), journal.begin() as writing:
        writing.decision("e", 0, points_final=0, by="x", reason="", at_ms=NOW)


def test_a_referral_interns_its_referee_as_a_member(journal: Journal) -> None:
    """Live as in a file."""
    body = {"event_id": "r", "member_id": "m1", "occurred_at": "2026-01-01T00:00:00Z",
            "points": 1, "referee_id": "new"}
    with journal.begin() as writing:
        prepared = writing.event("referral", body, NOW)
    assert prepared.row["referee"] == journal.number("member", "new") > 0


def test_a_lost_database_is_unavailable(journal: Journal) -> None:
    """An error of the database's own is one of ours, with a remedy."""
    with pytest.raises(Unavailable, match="To do"), journal.database.reading() as store:
        store.run("SELECT * FROM nowhere")
