"""Exports in the contract's form: what is read, and what stops before anything is written."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import BadConfig, BadInput
from features.exports.export import read_export

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = "member_id,program_id,persona,joined_at\n"
SCANS = "event_id,program_id,member_id,occurred_at,points,proof\n"
TIME = "2026-01-01T00:00:00Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export of two members and one scan."""
    (tmp_path / "program.yaml").write_text("program_id: acme\n")
    (tmp_path / "members.csv").write_text(
        f"{MEMBERS}m1,acme,retailer,{TIME}\nm2,acme,promoter,{TIME}\n")
    (tmp_path / "scans.csv").write_text(f"{SCANS}e1,acme,m1,{TIME},5,qr\n")
    return tmp_path


def _all(folder: Path, table: str, rows: int = 250_000) -> pd.DataFrame:
    return pd.concat(read_export(folder).chunks(table, rows), ignore_index=True)


def test_tables_come_in_the_contracts_order(folder: Path) -> None:
    """Settings, tables and strangers of a folder are told apart; truth is passed over."""
    (folder / "truth").mkdir()
    (folder / "outlets.csv").write_text("outlet_id\no1\n")
    (folder / "scan.csv").write_text("a misspelt name")
    export = read_export(folder)
    assert export.program.program_id == "acme"
    assert export.missions is None
    assert export.tables == ("members", "scans", "outlets")
    assert export.ignored == ("scan.csv",)


def test_text_cells_stay_the_text_they_are(folder: Path) -> None:
    """NA, null, leading zeros, quotes and line breaks are text; only an empty cell is unknown."""
    (folder / "members.csv").write_text(
        "\ufeff" + MEMBERS.strip() + ",region,note\n"
        f'NA,acme,retailer,{TIME},null,x\n007,acme,"nan",{TIME},"a ""b""\nc",x\n,acme,,,,\n',
        encoding="utf-8")
    frame = _all(folder, "members")
    assert frame.member_id.tolist() == ["NA", "007", ""]
    assert frame.persona.tolist() == ["retailer", "nan", ""]
    assert frame.region.tolist() == ["null", 'a "b"\nc', ""]
    assert "note" not in frame
    assert read_export(folder).header("members")[-1] == "note"


def test_parquet_cells_keep_their_types_and_digits(folder: Path) -> None:
    """Long ids beside unknown ones lose no digit, words stay words, decimals become text."""
    (folder / "scans.csv").unlink()
    pq.write_table(pa.table({
        "event_id": pa.array(["a", "b", None]).dictionary_encode(), "program_id": ["acme"] * 3,
        "member_id": [2**60 + 1, None, 3], "occurred_at": pa.array([0, 1, None],
                                                                   pa.timestamp("us", "UTC")),
        "points": [1, 2, 3], "proof": pa.array(["qr", None, "NA"], pa.large_string()),
        "amount": pa.array([Decimal("1.10"), None, Decimal("2.00")]),
        "mock_location": [True, None, False], "secret": [b"x", b"y", b"z"],
    }), folder / "scans.parquet")
    export = read_export(folder)
    frame = next(export.chunks("scans"))
    assert export.rows("scans") == 3
    assert frame.member_id.astype("string").tolist() == [str(2**60 + 1), pd.NA, "3"]
    assert frame.proof.isna().tolist() == [False, True, False]
    assert frame.amount.dropna().tolist() == ["1.10", "2.00"]
    assert frame.mock_location.isna().tolist() == [False, True, False]
    assert str(frame.occurred_at.dtype) == "datetime64[us, UTC]"
    assert frame.event_id.dropna().tolist() == ["a", "b"]


def test_a_list_of_words_becomes_one_cell(folder: Path) -> None:
    """Channels written as a list read as the contract's semicolons."""
    (folder / "members.csv").unlink()
    pq.write_table(pa.table({
        "member_id": ["m1"], "program_id": ["acme"], "persona": ["retailer"], "joined_at": [TIME],
        "channels": [["app", "sms"]],
    }), folder / "members.parquet")
    assert _all(folder, "members").channels.tolist() == ["app;sms"]


def test_parts_are_read_in_the_order_of_their_names(folder: Path) -> None:
    """Parts of both kinds join by name; a column that one lacks is unknown there."""
    (folder / "scans.csv").unlink()
    (folder / "scans").mkdir()
    (folder / "scans" / "_SUCCESS").write_text("")
    (folder / "scans" / "2.csv").write_text(f"{SCANS}e2,acme,m1,{TIME},5,qr\n")
    pq.write_table(pa.table({
        "event_id": ["e1"], "program_id": ["acme"], "member_id": ["m1"], "occurred_at": [TIME],
        "points": [1], "proof": ["qr"], "sku": ["s1"],
    }), folder / "scans" / "1.parquet")
    export = read_export(folder)
    frames = list(export.chunks("scans"))
    assert [frame.event_id.tolist() for frame in frames] == [["e1"], ["e2"]]
    assert "sku" in export.header("scans")
    assert export.rows("scans") is None


def test_chunks_have_the_size_asked_for(folder: Path) -> None:
    """Rows come in order in chunks of the given size, whatever the file's own blocks are."""
    rows = "".join(f"e{i},acme,m1,{TIME},5,qr\n" for i in range(100_000))
    (folder / "scans.csv").write_text(SCANS + rows)
    frames = list(read_export(folder).chunks("scans", 30_000))
    assert [len(frame) for frame in frames] == [30_000, 30_000, 30_000, 10_000]
    ids = pd.concat(frame.event_id for frame in frames)
    assert ids.tolist() == [f"e{i}" for i in range(100_000)]


@pytest.mark.parametrize("text", [MEMBERS, MEMBERS.strip(), MEMBERS + "\n\n"])
def test_a_header_alone_is_an_empty_table(folder: Path, text: str) -> None:
    """A table without rows is fine."""
    (folder / "members.csv").write_text(text)
    assert sum(map(len, read_export(folder).chunks("members"))) == 0


def _row(cells: str) -> str:
    return f"{MEMBERS}m1,acme,retailer,{TIME}\n{cells}\n"


@pytest.mark.parametrize(("content", "message"), [
    (b"", "0 bytes"),
    (b"\n\n", "empty lines only"),
    (_row("m2,acme,retailer").encode(), "3 cells at line 3"),
    (_row(f"m2,acme,retailer,{TIME},x").encode(), "5 cells at line 3"),
    (_row(f'"a\nb",acme,retailer,{TIME}\nm3').encode(), "1 cells at line 5"),
    (_row("m2,acme,retailer,\"2026").encode(), "line 3"),
    (_row("café,acme,retailer,x").encode("latin-1"), r"line 3, byte 80.*iconv"),
    (_row("m2,acme,retailer,café").encode("latin-1"), r"line 3, byte 97"),
    (_row("café,acme,retailer,x").encode("utf-16"), "UTF-16"),
    (_row("café,acme,retailer,x").encode("utf-16-le"), "no text"),
    (b"PK\x03\x04 workbook", "Excel"),
    (b"PAR1", "Parquet"),
    (b'{"members": []}', "no member_id"),
    (MEMBERS.replace(",", ";").encode(), "separated by ';'"),
    (b"member_id,program_id,persona,joined_at,persona\n", "persona more than once"),
    (b"member_id,persona,joined_at\n", "no program_id"),
    (b"program_id,persona,joined_at\n", "no member_id"),
])
def test_a_file_that_is_no_table_stops_at_once(folder: Path, content: bytes, message: str) -> None:
    """A broken file is refused before its first row, with where it breaks and what to do."""
    (folder / "members.csv").write_bytes(content)
    with pytest.raises(BadInput, match=message) as raised:
        read_export(folder)
    assert "members.csv" in str(raised.value)
    assert raised.value.remedy


def test_a_cut_off_parquet_file_is_refused(folder: Path) -> None:
    """A Parquet file without its end is said to be damaged."""
    (folder / "scans.csv").unlink()
    pq.write_table(pa.table({"event_id": ["e1"] * 1000}), folder / "scans.parquet")
    whole = (folder / "scans.parquet").read_bytes()
    for content in (whole[:-20], whole[:3], b"text"):
        (folder / "scans.parquet").write_bytes(content)
        with pytest.raises(BadInput, match=r"scans\.parquet"):
            read_export(folder)


def test_a_column_of_tables_is_refused_before_reading(folder: Path) -> None:
    """A column of the contract must hold plain cells; what a stranger holds does not matter."""
    (folder / "scans.csv").unlink()
    row = {name: ["1"] for name in SCANS.strip().split(",")}
    pq.write_table(pa.table(row | {"note": [{"a": 1}]}), folder / "scans.parquet")
    assert read_export(folder).rows("scans") == 1
    pq.write_table(pa.table(row | {"sku": [{"a": 1}]}), folder / "scans.parquet")
    with pytest.raises(BadInput, match="column sku"):
        read_export(folder)


def test_a_required_table_must_be_there(folder: Path) -> None:
    """Members and one table of events are needed, and a folder."""
    (folder / "scans.csv").rename(folder / "outlets.csv")
    with pytest.raises(BadInput, match="one of scans, referrals, redemptions"):
        read_export(folder)
    (folder / "members.csv").unlink()
    with pytest.raises(BadInput, match="members"):
        read_export(folder)
    with pytest.raises(BadInput, match="no folder"):
        read_export(folder / "nowhere")
    (folder / "program.yaml").unlink()
    with pytest.raises(BadConfig, match=r"program\.yaml"):
        read_export(folder)


def test_two_sources_of_one_table_are_refused(folder: Path) -> None:
    """A table comes from one file or folder; an empty folder is no table."""
    (folder / "scans").mkdir()
    with pytest.raises(BadInput, match=r"scans\.csv and scans"):
        read_export(folder)
    (folder / "scans.csv").unlink()
    with pytest.raises(BadInput, match="none of them"):
        read_export(folder)


@pytest.mark.parametrize("inside", [True, False])
def test_a_link_is_followed_inside_the_export_only(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, inside: bool
) -> None:
    """A link to a file beside is read, one that leads out of the export is refused."""
    target = (folder if inside else tmp_path_factory.mktemp("other")) / "real.csv"
    (folder / "scans.csv").rename(target)
    (folder / "scans.csv").symlink_to(target)
    if inside:
        assert len(_all(folder, "scans")) == 1
    else:
        with pytest.raises(BadInput, match="leads out"):
            read_export(folder)


def test_the_sealed_truth_is_never_opened(folder: Path) -> None:
    """A link into truth/ is refused although it stays in the folder."""
    (folder / "truth").mkdir()
    (folder / "scans.csv").rename(folder / "truth" / "events.csv")
    (folder / "scans.csv").symlink_to(folder / "truth" / "events.csv")
    with pytest.raises(BadInput, match="leads out"):
        read_export(folder)
