"""Drafts: a foreign export becomes a mapping that reads, with every guess marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import yaml

from features.contract import TABLES
from features.errors import BadInput
from features.exports.draft import draft_mapping
from features.exports.export import Export, read_export
from features.exports.mapping import parse_mapping
from features.exports.profiles import profile

if TYPE_CHECKING:
    from pathlib import Path


def _indonesian(folder: Path) -> list[Path]:
    """Three files as an ERP in Jakarta writes them."""
    members, claims, gifts = (folder / name for name in
                              ("MASTER_MITRA.csv", "transaksi_klaim.csv", "penukaran.csv"))
    members.write_text("Kode Mitra;Nama Toko;Jenis Mitra;Tgl Daftar;Kota;Level;Catatan\n" + "".join(
        f"M{i:04d};Toko {i};{('Toko', 'Tukang', 'Kurir')[i % 3]};{i % 28 + 1:02d}/03/2025;"
        f"Bandung;{('Emas', 'Perak')[i % 2]};\n" for i in range(40)))
    claims.write_text(
        "No Transaksi;Kode Mitra;Tanggal Transaksi;Kode QR;Nilai;Poin;Status;Kanal\n" + "".join(
            f"T{i:06d};M{i % 40:04d};{i % 28 + 1:02d}/04/2025 {i % 24:02d}:15;Q{i:07d};"
            f"{i * 1000 + 500},50;{i % 90};{('Disetujui', 'Ditolak', 'Menunggu')[i % 3]};"
            f"{('WA', 'Aplikasi')[i % 2]}\n" for i in range(300)))
    gifts.write_text(
        "ID Penukaran;Kode Mitra;Tgl Tukar;Poin Ditukar;Kode Hadiah;Catatan\n" + "".join(
            f"R{i:05d};M{i % 40:04d};{i % 28 + 1:02d}/05/2025;{i + 1};H{i % 5};café\n"
            for i in range(60)), encoding="latin-1")
    return [members, claims, gifts]


def _first(export: Export, table: str) -> pd.DataFrame:
    return next(export.chunks(table))


def _read(folder: Path, files: list[Path]) -> tuple[str, Export]:
    text = draft_mapping(files)
    return text, read_export(folder, parse_mapping(text))


def test_three_foreign_files_become_three_tables(tmp_path: Path) -> None:
    """Names and values in another language, with its dates and decimal comma, are understood."""
    _, export = _read(tmp_path, _indonesian(tmp_path))
    assert export.tables == ("members", "scans", "redemptions")
    assert (export.program.timezone, export.program.currency) == ("Asia/Jakarta", "IDR")
    members, scans = _first(export, "members"), _first(export, "scans")
    gifts = _first(export, "redemptions")
    assert members.persona.tolist()[:2] == ["retailer", "influencer"]
    assert members.tier.tolist()[:2] == ["gold", "silver"]
    assert members.display_name[0] == "Toko 0"
    assert scans.occurred_at[0] == pd.Timestamp("2025-03-31T17:15:00Z")
    assert scans.amount.tolist()[:2] == [500.5, 1500.5]
    assert scans.outcome.tolist()[:3] == ["credited", "refused", "held"]
    assert scans.channel.tolist()[:2] == ["whatsapp", "app"]
    assert scans.code_id[0] == "Q0000000"
    assert gifts.reward_id[1] == "H1"


def test_required_columns_are_filled(tmp_path: Path) -> None:
    """Every required column of every drafted table holds a value in every row."""
    _, export = _read(tmp_path, _indonesian(tmp_path))
    for table in export.tables:
        frame = _first(export, table)
        for column in TABLES[table].required:
            assert frame[column].notna().all(), (table, column)


def test_every_guess_is_marked_with_a_confidence(tmp_path: Path) -> None:
    """Each line that says where a column comes from carries a word of confidence."""
    text, _ = _read(tmp_path, _indonesian(tmp_path))
    lines = text.split("tables:\n")[1].splitlines()
    said = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    keys = ("source:", "columns:", "from:", "map:", "expr:")
    for line in said:
        if not line.strip().startswith(keys):
            assert any(f"# guess: {word}" in line for word in ("sure", "likely", "weak")), line
    assert "Kurir: retailer  # guess: weak, not understood" in text
    assert '# not used of penukaran.csv: ["Catatan"]' in text


def test_members_and_labels_come_from_the_events_where_they_have_no_file(tmp_path: Path) -> None:
    """One file of sales gives scans, the members that made them and the labels in it."""
    sales = tmp_path / "sales.csv"
    sales.write_text("transaction_id,customer_id,purchase date,amount,is_fraud\n" + "".join(
        f"t{i},{i % 7},2025-01-{i % 28 + 1:02d} 10:00:00,{i}.5,{int(i % 9 == 0)}\n"
        for i in range(100)))
    _, export = _read(tmp_path, [sales])
    assert export.tables == ("members", "scans", "feedback")
    assert sum(map(len, export.chunks("members"))) == 7
    assert _first(export, "members").joined_at[0] == pd.Timestamp("2025-01-01T10:00:00Z")
    feedback = _first(export, "feedback")
    assert (feedback.label == "fraud").sum() == 12
    assert (feedback.decided_at - _first(export, "scans").occurred_at).nunique() == 1


def test_lines_of_invoices_become_one_event_each(tmp_path: Path) -> None:
    """Where an invoice repeats over its lines, its lines are summed."""
    pd.DataFrame({
        "InvoiceNo": [f"I{i // 3}" for i in range(30)], "CustomerID": [i // 6 for i in range(30)],
        "InvoiceDate": [pd.Timestamp("2025-01-01") + pd.Timedelta(days=i // 3) for i in range(30)],
        "Revenue": [1.125] * 30, "Quantity": 2,
    }).to_parquet(tmp_path / "lines.parquet")
    _, export = _read(tmp_path, [tmp_path / "lines.parquet"])
    scans = _first(export, "scans")
    assert len(scans) == 10
    assert set(scans.points) == {3}
    assert set(scans.amount) == {3.38}
    assert set(scans.quantity) == {6}


@pytest.mark.parametrize(("times", "format_"), [
    (["2025-12-31 10:00", "2025-01-02 10:00"], ""),
    (["31/12/2025", "01/02/2025"], "%d/%m/%Y"),
    (["12/31/2025 10:00", "01/02/2025 9:00"], "%m/%d/%Y %H:%M"),
    (["31.12.2025 10:00:01"] * 2, "%d.%m.%Y %H:%M:%S"),
    (["20251231", "20250102"], "%Y%m%d"),
])
def test_times_are_recognised(tmp_path: Path, times: list[str], format_: str) -> None:
    """A column of times is found with the way it is written."""
    pd.DataFrame({"t": times}).to_csv(tmp_path / "a.csv", index=False)
    (column,) = profile(tmp_path, "a.csv").columns
    assert (column.kind, column.format) == ("time", format_)


def test_a_date_that_reads_both_ways_is_a_weak_guess(tmp_path: Path) -> None:
    """Day and month that could be exchanged are said to be doubtful."""
    (tmp_path / "scans.csv").write_text("customer;fecha;puntos\nc1;01/02/2025;5\nc2;03/04/2025;6\n")
    text = draft_mapping([tmp_path / "scans.csv"])
    assert "# guess: weak, %m/%d/%Y fits as well" in text


def test_odd_names_are_quoted(tmp_path: Path) -> None:
    """Names that YAML or an expression would misread come through as they are."""
    names = ["customer: id", "date #1", "total \"x\" {amount}", "no"]
    pd.DataFrame([["c1", "2025-01-01", 1.25, "y"], ["c2", "2025-01-02", 2.5, "n"]],
                 columns=names).to_csv(tmp_path / "sales data.csv", index=False)
    text, export = _read(tmp_path, [tmp_path / "sales data.csv"])
    assert yaml.safe_load(text)
    assert _first(export, "scans").points.tolist() == [1, 3]


def test_a_file_without_a_header_gets_column_names(tmp_path: Path) -> None:
    """Where the first line is data, columns are counted; without names nothing is recognised."""
    (tmp_path / "a.txt").write_text("1 2025-01-01 3\n2 2025-01-02 4\n")
    source = profile(tmp_path, "a.txt")
    assert [column.name for column in source.columns] == ["c1", "c2", "c3"]
    with pytest.raises(BadInput, match="member and a time"):
        draft_mapping([tmp_path / "a.txt"])


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    """No file, a missing file and an empty one are errors with what to do."""
    with pytest.raises(BadInput, match="name at least one"):
        draft_mapping([])
    with pytest.raises(BadInput, match="no such file"):
        draft_mapping([tmp_path / "x.csv"])
    (tmp_path / "x.csv").write_text("")
    with pytest.raises(BadInput, match="0 bytes"):
        draft_mapping([tmp_path / "x.csv"])
