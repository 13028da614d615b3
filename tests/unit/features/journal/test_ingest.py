from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.errors import BadInput, NotFound
from features.places import MISSING, first_place, known_place, place_ms
from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.store.home import Home
    from features.store.ingest import IngestReport

    Put = Callable[..., IngestReport]
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def names(home: Home, table: str, column: str, kind: str, **options: Any) -> list[str]:
    journal = home.journal()
    return journal.names(kind, journal.frame(table, **options)[column].to_numpy()).tolist()


def test_events_of_all_tables_get_one_order(home: Home, put: Put, rows: Any) -> None:
    """Scans and redemptions are sorted by recorded_at, then event_id, and get rising places."""
    put(scans=[rows.scan("b", 2), rows.scan("a", 2), rows.scan("late", 0, recorded_at=rows.at(9))],
        redemptions=[{"event_id": "aa", "program_id": "acme", "member_id": "m1",
                      "occurred_at": rows.at(2), "points": 5, "reward_id": "r"}])
    journal = home.journal()
    slices = list(journal.records())
    events = [row for matrix in slices for row in matrix.tolist() if row[2] < 3]
    assert journal.names("event", pd.Series([row[3] for row in events])).tolist() == [
        "a", "aa", "b", "late"]
    assert [row[0] for row in events] == [
        first_place(START + 120_000), first_place(START + 120_000) + 1,
        first_place(START + 120_000) + 2, first_place(START + 540_000)]


def test_an_older_event_takes_the_next_place(home: Home, put: Put, rows: Any) -> None:
    """What was given a place keeps it; what comes late stands after it, at its time."""
    put(scans=[rows.scan("a", 5)])
    put(scans=[rows.scan("b", 1), rows.scan("c", 6)])
    assert names(home, "scans", "event_id", "event") == ["a", "b", "c"]
    place = home.journal().frame("scans")["place"].tolist()
    assert place[1] == place[0] + 1
    assert place_ms(place[1]) == START + 5 * 60_000


def test_the_same_rows_again_change_nothing(home: Home, put: Put, rows: Any) -> None:
    """A second ingest of the same export counts every row as the same."""
    tables = {
        "scans": [rows.scan("a", 1, outcome="held", code_id="c1"), rows.scan("b", 2)],
        "feedback": [{"event_id": "a", "label": "fraud", "decided_at": rows.at(9)}],
        "codes": [{"code_id": "c1", "status": "printed"}, {"code_id": "c1", "status": "void"}],
        "declarations": [{"kind": "own_shop", "subject_id": "m1"}],
        "campaigns": [{"campaign_id": "k", "kind": "season", "starts_at": rows.at(0),
                       "ends_at": rows.at(9)}],
    }
    put(**tables)
    before = {name: home.journal().frame(name).values.tolist() for name in tables}
    report = put(**tables)
    assert {name: (c.new, c.versions, c.rejects) for name, c in report.tables.items()
            } == dict.fromkeys(report.tables, (0, 0, 0))
    assert report.tables["scans"].same == 2
    assert {name: home.journal().frame(name).values.tolist() for name in tables} == before


def test_another_outcome_or_recorded_at_is_the_same_event(
    home: Home, put: Put, rows: Any
) -> None:
    """These two columns are left out when bodies are compared."""
    put(scans=[rows.scan("a", 1, outcome="held", recorded_at=rows.at(2))])
    report = put(scans=[rows.scan("a", 1, outcome="credited", recorded_at=rows.at(3))])
    assert report.tables["scans"].same == 1


def test_the_same_id_with_another_body_is_a_reject(home: Home, put: Put, rows: Any) -> None:
    """The first body stays, in one file, in the journal, and over all tables with events."""
    put(scans=[rows.scan("a", 1), rows.scan("a", 1, points="11"), rows.scan("a", 1)])
    report = put(
        scans=[rows.scan("a", 1, points="12"), rows.scan("x", 1)],
        activities=[{"event_id": "a", "member_id": "m1", "occurred_at": rows.at(1),
                     "kind": "login"},
                    {"event_id": "x", "member_id": "m1", "occurred_at": rows.at(1),
                     "kind": "login"}])
    rejects = report.rejects[["table", "row", "column", "value"]].values.tolist()
    assert rejects == [["activities", 1, "event_id", "a"], ["scans", 1, "event_id", "a"],
                       ["scans", 2, "event_id", "x"]]
    assert home.journal().frame("scans")["points"].tolist() == [10]
    assert len(home.journal().frame("activities")) == 1


def test_bad_cells_are_rejects_and_good_rows_go_on(home: Home, put: Put, rows: Any) -> None:
    """Every bad cell has a line with a sentence; it is also in rejects.parquet."""
    report = put(scans=[
        rows.scan("a", 1), rows.scan("b", 1, proof="photo", points="-1"),
        rows.scan("c", 1, program_id="other"), rows.scan("d", 1, lat="91"),
        rows.scan("e", 1, occurred_at="2026-01-01T00:00:00"), rows.scan("f", 1, amount="1.234"),
        rows.scan("", 1), rows.scan("g", 1, occurred_at="20000-01-01T00:00:00Z")])
    assert names(home, "scans", "event_id", "event") == ["a"]
    assert report.rejects[["row", "column"]].values.tolist() == [
        [2, "points"], [2, "proof"], [3, "program_id"], [4, "lat"], [5, "occurred_at"],
        [6, "amount"], [7, "event_id"], [8, "occurred_at"]]
    assert report.rejects["sentence"][1] == "expected qr, barcode, serial or invoice, got photo"
    assert report.tables["scans"].rejects == 7
    assert report.rejects_path is not None
    pd.testing.assert_frame_equal(pd.read_parquet(report.rejects_path), report.rejects)


def test_an_unknown_column_is_ignored_and_reported(home: Home, put: Put, rows: Any) -> None:
    """Columns that are none of the contract's are named in the report."""
    report = put(scans=[rows.scan("a", 1, colour="red", known_at=rows.at(1))])
    assert report.ignored == {"scans": ["colour"]}


def test_a_table_without_a_required_column_stops_everything(
    home: Home, export: Callable[..., Path], rows: Any
) -> None:
    """Nothing is written, not even the tables that are right."""
    cells = rows.scan("a", 1)
    del cells["proof"]
    with pytest.raises(BadInput, match="proof"):
        ingest(home, export(scans=[cells]))
    assert home.programs() == []


def test_a_file_that_is_no_table_stops_everything(
    home: Home, export: Callable[..., Path], rows: Any
) -> None:
    """A broken file is found before the first row is written."""
    folder = export(scans=[rows.scan("a", 1)])
    (folder / "feedback.parquet").write_bytes(b"no parquet")
    with pytest.raises(BadInput, match="feedback"):
        ingest(home, folder)
    assert home.programs() == []


def test_reference_rows_are_known_from_their_own_time(home: Home, put: Put, rows: Any) -> None:
    """Stated known_at, else the row's first time, else the beginning; never before now."""
    put(members=[rows.member("m1"), rows.member("m2", known_at="2025-07-01T00:00:00Z")],
        codes=[{"code_id": "c", "sku": "s"}], scans=[rows.scan("a", 1)])
    journal = home.journal()
    june, july = 1_748_736_000_000, 1_751_328_000_000
    assert journal.frame("members")["place"].tolist() == [known_place(june), known_place(july)]
    assert journal.frame("codes")["place"].tolist() == [0]
    put(scans=[rows.scan("a", 1)], outlets=[{"outlet_id": "o"}], feedback=[
        {"event_id": "a", "label": "fraud", "decided_at": rows.at(0)},
        {"event_id": "a", "label": "legit", "decided_at": rows.at(7)}])
    assert journal.frame("outlets")["place"].tolist() == [journal.last_place]
    assert journal.frame("feedback")["place"].tolist() == [
        journal.last_place, known_place(START + 7 * 60_000)]


def test_a_changed_row_is_a_new_version(home: Home, put: Put, rows: Any) -> None:
    """Known from its known_at, else from its arrival; latest shows one row per identity."""
    put(members=[rows.member("m1", tier="bronze"), rows.member("m2")], scans=[rows.scan("a", 1)])
    put(members=[rows.member("m1", tier="gold"), rows.member("m2")], scans=[rows.scan("b", 3)])
    report = put(members=[rows.member("m1", tier="silver", known_at=rows.at(9))],
                 scans=[rows.scan("b", 3)])
    assert report.tables["members"].versions == 1
    journal = home.journal()
    one = journal.frame("members").query("member_id == 1")
    assert one["tier"].tolist() == [0, 2, 1]
    assert one["place"].tolist()[1:] == [first_place(START + 60_000),
                                         known_place(START + 9 * 60_000)]
    assert journal.frame("members", latest=True)["tier"].tolist() == [MISSING, 1]
    assert journal.frame("members", latest=True, until=journal.last_place)["tier"].tolist() == [
        MISSING, 2]


def test_going_back_is_a_new_version_too(home: Home, put: Put, rows: Any) -> None:
    """A row equal to an older version, not to the last one, has changed again."""
    for tier in ("bronze", "gold", "bronze", "bronze"):
        put(members=[rows.member("m1", tier=tier)], scans=[rows.scan("a", 1)])
    assert home.journal().frame("members")["tier"].tolist() == [0, 2, 0]


def test_names_of_people_are_kept_apart(home: Home, put: Put, rows: Any) -> None:
    """They are no column of the journal, and a new one replaces the old one."""
    put(members=[rows.member("m1", display_name="Ana", contact_url="tel:1")],
        scans=[rows.scan("a", 1)])
    report = put(members=[rows.member("m1", display_name="Ana B", contact_url="")],
                 scans=[rows.scan("a", 1)])
    journal = home.journal()
    assert report.tables["members"].versions == 0
    assert "display_name" not in journal.frame("members")
    assert journal.people([1, 2]) == {1: ("Ana B", "tel:1")}


def test_check_counts_and_writes_nothing(
    home: Home, export: Callable[..., Path], rows: Any
) -> None:
    """A check says what would happen, to a new program and to one that is there."""
    folder = export(scans=[rows.scan("a", 1), rows.scan("a", 1, points="1")])
    report = ingest(home, folder, check=True)
    assert (report.tables["scans"].new, report.tables["scans"].rejects) == (1, 1)
    assert report.rejects_path is None
    assert not home.path.exists()
    ingest(home, folder)
    seq = home.journal().last_seq
    assert ingest(home, export(scans=[rows.scan("b", 1)]), check=True).tables["scans"].new == 1
    assert home.journal().last_seq == seq
    assert home.journal().number("event", "b") == 0


def test_several_programs_share_a_home(
    home: Home, export: Callable[..., Path], rows: Any
) -> None:
    """Each has numbers, places and settings of its own; one must be named."""
    ingest(home, export(scans=[rows.scan("a", 1)]))
    other = {"member_id": "m9", "program_id": "zeta", "persona": "retailer",
             "joined_at": rows.at(0)}
    ingest(home, export("program_id: zeta\n", members=[other],
                        scans=[rows.scan("a", 1, program_id="zeta", points="3")]))
    with pytest.raises(NotFound, match="acme, zeta"):
        home.journal()
    with pytest.raises(NotFound, match="acme, zeta"):
        home.journal("omega")
    assert home.journal("acme").frame("scans")["points"].tolist() == [10]
    assert home.journal("zeta").frame("scans")["points"].tolist() == [3]
    assert (home.journal("acme").number("member", "m9"),
            home.journal("zeta").number("member", "m2")) == (0, 0)


def test_parquet_and_csv_say_the_same(
    home: Home, export: Callable[..., Path], tmp_path: Path, rows: Any
) -> None:
    """Typed columns and text columns of the same rows are the same rows."""
    cells = [rows.scan("1", 1, lat="-6.25", amount="2.5", mock_location="true"),
             rows.scan("2", 2, lat="", amount="", mock_location="")]
    folder = export(scans=cells)
    ingest(home, folder)
    frame = pd.DataFrame(cells)
    (folder / "scans.csv").unlink()
    frame.assign(
        event_id=[1, 2], occurred_at=pd.to_datetime(frame["occurred_at"]), points=[10, 10],
        lat=[-6.25, None], amount=[2.5, None],
        mock_location=pd.array([True, None], "boolean")).to_parquet(folder / "scans.parquet")
    assert ingest(home, folder).tables["scans"].same == 2


def test_an_invoice_is_known_again(home: Home, put: Put, rows: Any) -> None:
    """Seller and normalised number make the invoice; amount and lines make the claim."""
    cells = {"seller_id": "s", "amount": "5", "invoice_lines_hash": "l", "proof": "invoice"}
    put(scans=[rows.scan("a", 1, invoice_no="INV-001", **cells),
               rows.scan("b", 2, invoice_no="inv 1", **cells),
               rows.scan("c", 3, invoice_no="inv 1", **{**cells, "amount": ""}),
               rows.scan("d", 4, invoice_no="", **cells)])
    frame = home.journal().frame("scans")
    assert frame["invoice"].tolist() == [1, 1, 1, 0]
    assert frame["claim"].tolist() == [1, 1, 0, 0]
    assert home.journal().names("claim", frame["claim"].to_numpy())[0] == "s|INV1|500|l"
