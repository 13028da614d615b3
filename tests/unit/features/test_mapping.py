"""Mappings: foreign exports read as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import BadConfig, BadInput
from features.exports.export import Export, read_export
from features.exports.mapping import parse_mapping, read_mapping

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "program: {program_id: acme}\ntimezone: Asia/Jakarta\ntables:\n"
MEMBERS = """
  members:
    source: sales.csv
    distinct: CUST
    columns: {member_id: CUST, persona: {value: retailer}, joined_at: {expr: min(SOLD)}}
"""
SCANS = """
  scans:
    source: sales.csv
    columns:
      event_id: {template: "sale-{row}"}
      member_id: CUST
      occurred_at: SOLD
      points: {expr: round(PAID)}
      proof: {value: qr}
"""
SALES = """SOLD,CUST,PAID,VIA
2026-01-02 08:00:00,c1,10.50,W
2026-01-01 08:00:00,c2,n/a,A
2026-01-03 08:00:00,,3,X
2026-01-01 09:00:00,c1,2,
"""


def _export(folder: Path, text: str) -> Export:
    (folder / "sales.csv").write_text(SALES)
    return read_export(folder, parse_mapping(text))


def _all(export: Export, table: str, rows: int = 250_000) -> pd.DataFrame:
    return pd.concat(export.chunks(table, rows), ignore_index=True)


def _cells(values: pd.Series) -> list[object]:
    return [None if pd.isna(value) else value for value in values]


def test_columns_become_ours(tmp_path: Path) -> None:
    """Renamed columns, constants, numbered ids, expressions and local times reach our table."""
    export = _export(tmp_path, HEAD + MEMBERS + SCANS)
    frame = _all(export, "scans")
    assert export.tables == ("members", "scans")
    assert frame.event_id.tolist() == ["sale-1", "sale-2", "sale-3", "sale-4"]
    assert _cells(frame.member_id) == ["c1", "c2", None, "c1"]
    assert frame.occurred_at[0] == pd.Timestamp("2026-01-02T01:00:00Z")
    assert frame.points.tolist() == ["11", "n/a", "3", "2"]
    assert set(frame.proof) == {"qr"}
    assert set(frame.program_id) == {"acme"}
    assert set(export.header("scans")) == set(frame.columns)


@pytest.mark.parametrize("rows", [1, 3, 250_000])
def test_rows_are_numbered_over_chunks(tmp_path: Path, rows: int) -> None:
    """A row's number is its number in the source, whatever the chunks and the filter."""
    text = HEAD + MEMBERS + SCANS + "    where: CUST == 'c1'\n"
    frame = _all(_export(tmp_path, text), "scans", rows)
    assert frame.event_id.tolist() == ["sale-1", "sale-4"]


@pytest.mark.parametrize("rows", [1, 250_000])
def test_distinct_values_become_rows(tmp_path: Path, rows: int) -> None:
    """Each known key gives one row, in the order of its first; an unknown key gives none."""
    frame = _all(_export(tmp_path, HEAD + MEMBERS + SCANS), "members", rows)
    assert frame.member_id.tolist() == ["c1", "c2"]
    assert frame.joined_at.tolist() == [
        pd.Timestamp("2026-01-01T02:00:00Z"), pd.Timestamp("2026-01-01T01:00:00Z")]


def test_words_are_mapped(tmp_path: Path) -> None:
    """A value map replaces words, makes some unknown and leaves strangers as they are."""
    text = HEAD + MEMBERS + SCANS + "      channel: {from: VIA, map: {W: whatsapp, A: null}}\n"
    frame = _all(_export(tmp_path, text), "scans")
    assert _cells(frame.channel) == ["whatsapp", None, "X", None]


@pytest.mark.parametrize("rows", [7, 250_000])
def test_groups_agree_with_pandas(tmp_path: Path, rows: int) -> None:
    """Sums, extremes, firsts and counts over chunks are those of pandas over the whole."""
    dice = np.random.default_rng(3)
    lines = pd.DataFrame({
        "INV": dice.integers(0, 12, 60), "SHOP": dice.choice(["a", "b"], 60),
        "QTY": dice.integers(1, 9, 60).astype(float), "ITEM": dice.choice(list("xyz"), 60),
        "AT": pd.Timestamp("2026-01-01") + pd.to_timedelta(dice.integers(0, 10**6, 60), "s"),
    })
    lines.loc[::7, "QTY"] = np.nan
    lines.loc[5, "INV"] = np.nan
    pq.write_table(pa.Table.from_pandas(lines), tmp_path / "lines.parquet")
    export = read_export(tmp_path, parse_mapping(HEAD + """
  members:
    source: lines.parquet
    distinct: SHOP
    columns: {member_id: SHOP, persona: {value: retailer}, joined_at: {expr: min(AT)}}
  scans:
    source: lines.parquet
    distinct: [INV, SHOP]
    columns:
      event_id: {template: "{SHOP}-{INV}"}
      member_id: SHOP
      occurred_at: {expr: max(AT)}
      points: {expr: sum(QTY * 2)}
      proof: {value: invoice}
      quantity: {expr: count(QTY)}
      amount: {expr: nunique(ITEM)}
      sku: {expr: first(ITEM)}
      batch_id: {expr: count()}
    """.replace("timezone: Asia/Jakarta\n", "")))
    frame = _all(export, "scans", rows)
    wanted = lines.groupby(["INV", "SHOP"], sort=False).agg(
        at=("AT", "max"), points=("QTY", lambda q: (q * 2).sum(min_count=1)),
        count=("QTY", "count"),
        items=("ITEM", "nunique"), first=("ITEM", "first"), size=("AT", "size")).reset_index()
    ids = wanted.SHOP + "-" + wanted.INV.astype(int).astype(str)
    assert frame.event_id.tolist() == ids.tolist()
    local = wanted["at"].dt.tz_localize("Asia/Jakarta")
    assert (frame.occurred_at == local).all()
    assert frame.points.astype(float).fillna(-1).tolist() == wanted.points.fillna(-1).tolist()
    assert frame.quantity.tolist() == wanted["count"].tolist()
    assert frame.amount.tolist() == wanted["items"].tolist()
    assert frame.sku.tolist() == wanted["first"].tolist()
    assert frame.batch_id.tolist() == wanted["size"].astype(str).tolist()


def test_a_bad_cell_in_a_group_is_kept_for_the_rejects(tmp_path: Path) -> None:
    """A group whose sum cannot be computed shows the cell that broke it."""
    text = HEAD + MEMBERS + """
  scans:
    source: sales.csv
    distinct: CUST
    columns: {event_id: CUST, member_id: CUST, occurred_at: {expr: first(SOLD)},
              points: {expr: sum(PAID)}, proof: {value: qr}}
"""
    frame = _all(_export(tmp_path, text), "scans")
    assert frame.points.tolist() == ["12.5", "n/a"]


def test_other_forms_of_text_are_read(tmp_path: Path) -> None:
    """Semicolons, a decimal comma, Latin-1, own column names and white space are settings."""
    (tmp_path / "s.csv").write_text("ID;BAYAR;KOTA\n1;1.234,5;Café\n", encoding="latin-1")
    (tmp_path / "m.txt").write_text("  7  20260101  1.5\n\n  8  20260102  2\n")
    (tmp_path / "t.tsv").write_text("A\tB\n1\tx\n")
    (tmp_path / "u.csv").write_text("A|B\n2|é\n", encoding="utf-16")
    export = read_export(tmp_path, parse_mapping(HEAD + """
  members:
    source: m.txt
    csv: {names: [ID, DAY, W]}
    columns: {member_id: ID, persona: {value: retailer}, joined_at: {from: DAY, format: "%Y%m%d"}}
  scans:
    source: s.csv
    csv: {delimiter: ";", encoding: latin-1, decimal: ","}
    columns: {event_id: ID, member_id: ID, points: {expr: int(BAYAR)}, amount: BAYAR,
              proof: {value: qr}, sku: KOTA, occurred_at: {value: 2026-01-01T00:00:00Z}}
  outlets: {source: t.tsv, columns: {outlet_id: A, kind: B}}
  codes: {source: u.csv, csv: {delimiter: "|", encoding: utf-16}, columns: {code_id: A, sku: B}}
"""))
    scans, members = _all(export, "scans"), _all(export, "members")
    assert (scans.points[0], scans.amount[0], scans.sku[0]) == (1234, 1234.5, "Café")
    assert members.member_id.tolist() == ["7", "8"]
    assert members.joined_at[0] == pd.Timestamp("2025-12-31T17:00:00Z")
    assert _all(export, "outlets").kind.tolist() == ["x"]
    assert _all(export, "codes").sku.tolist() == ["é"]


def test_ids_lose_the_decimal_point_that_unknown_cells_gave_them(tmp_path: Path) -> None:
    """Ids read as floats beside unknown ones are whole numbers again, unknown ones unknown."""
    pq.write_table(pa.table({"ID": [17850.0, None, float("nan")]}), tmp_path / "m.parquet")
    (tmp_path / "sales.csv").write_text(SALES)
    text = HEAD + SCANS + """
  members:
    source: m.parquet
    columns: {member_id: ID, persona: {value: retailer}, joined_at: {value: 2026-01-01}}
"""
    frame = _all(read_export(tmp_path, parse_mapping(text)), "members")
    assert _cells(frame.member_id) == ["17850", None, None]


def test_settings_may_stand_beside_the_mapping(tmp_path: Path) -> None:
    """Without program and missions in the mapping, the export's own files say them."""
    text = ("tables:" + MEMBERS + SCANS)
    with pytest.raises(BadConfig, match=r"program\.yaml"):
        _export(tmp_path, text)
    (tmp_path / "program.yaml").write_text("{program_id: own, timezone: Asia/Tokyo}")
    (tmp_path / "missions.yaml").write_text("[{id: a, cost_points: 1, texts: {en: x}}]")
    export = _export(tmp_path, text)
    assert export.program.program_id == "own"
    assert [mission.id for mission in export.missions] == ["a"]
    assert _all(export, "scans").occurred_at[0] == pd.Timestamp("2026-01-01T23:00:00Z")
    inline = "missions: [{id: b, cost_points: 1, texts: {en: x}}]\n" + HEAD + MEMBERS + SCANS
    assert [mission.id for mission in _export(tmp_path, inline).missions] == ["b"]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("member_id: CUST\n", "member_id: CUSTOMER\n", "tables.scans; came CUSTOMER"),
    ("  scans:", "  scan:", "write scans"),
    ("      proof:", "      prof:", "write proof"),
    ("      proof: {value: qr}\n", "", "columns with proof"),
    ("{value: qr}", "{value: qr, expr: A}", "value and expr"),
    ("{value: qr}", "{map: {a: b}}", "came none"),
    ("{value: qr}", "{from: VIA, maps: {a: b}}", "write map"),
    ("round(PAID)", "rund(PAID)", r"tables\.scans\.columns\.points.*write round"),
    ("round(PAID)", "sum(PAID)", "add distinct"),
    ("sale-{row}", "sale-{row", "braces"),
    ("sale-{row}", "sale-{}", "braces"),
    ("min(SOLD)", "SOLD", r"first\(SOLD\)"),
    ("{expr: min(SOLD)}", "{expr: \"time(min(SOLD), '%Q')\"}", "joined_at: a format of times"),
    ("{value: qr}", "{value: [qr]}", "a text, a number"),
    ("{value: qr}", "{from: 7}", r"columns\.proof\.from: a text"),
    ("{value: qr}", "7", "a group of keys"),
    ("    source: sales.csv\n    columns", "    source: nowhere.csv\n    columns", "no such file"),
    ("    source: sales.csv\n    columns", "    source: ../x\n    columns", "x"),
    ("    source: sales.csv\n    columns", "    source: /etc/hosts\n    columns", "leads out"),
    ("    source: sales.csv\n", "    source: sales.csv\n    csv: {delimiter: ab}\n",
     "one character"),
    ("    source: sales.csv\n", "    source: sales.csv\n    csv: {encoding: rot13}\n", "utf-8"),
    ("timezone: Asia/Jakarta", "timezone: Jakarta", "IANA"),
    ("program: {program_id: acme}", "program: {program: acme}", "program"),
    ("program: {program_id: acme}", "missions: []", "add program"),
])
def test_an_error_names_table_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A mapping that says something wrong is refused with where it says it and what to do."""
    text = HEAD + MEMBERS + SCANS
    assert old in text
    with pytest.raises(BadInput, match=message) as raised:
        list(_export(tmp_path, text.replace(old, new)).chunks("members"))
    assert raised.value.remedy


def test_the_truth_cannot_be_mapped(tmp_path: Path) -> None:
    """The sealed truth beside an export is no source."""
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "sales.csv").write_text(SALES)
    with pytest.raises(BadInput, match="leads out"):
        _export(tmp_path, (HEAD + MEMBERS + SCANS).replace("sales.csv", "truth/sales.csv"))


def test_a_file_is_read(tmp_path: Path) -> None:
    """A mapping.yaml is read from disk; a list instead of keys is refused by its name."""
    path = tmp_path / "mapping.yaml"
    path.write_text(HEAD + MEMBERS)
    assert list(read_mapping(path).tables) == ["members"]
    path.write_text("[]")
    with pytest.raises(BadConfig, match=r"mapping\.yaml"):
        read_mapping(path)
