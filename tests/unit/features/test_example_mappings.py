"""The example mappings read files shaped like those they are for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.contract import TABLES
from features.exports.export import read_export
from features.exports.mapping import read_mapping

EXAMPLES = Path(__file__).parents[3] / "examples" / "mappings"


def test_handbook(tmp_path: Path) -> None:
    """Transactions become scans, customers members, and labels are known seven days later."""
    times = pd.to_datetime(["2018-04-01 00:00:31", "2018-04-01 00:02:10", "2018-04-02 01:00:00"])
    pd.DataFrame({
        "TRANSACTION_ID": [0, 1, 2], "TX_DATETIME": times, "CUSTOMER_ID": [5, 9, 5],
        "TERMINAL_ID": [3, 4, 3], "TX_AMOUNT": [57.16, 81.5, 0.0], "TX_FRAUD": [0, 1, 0],
        "TX_FRAUD_SCENARIO": [0, 2, 0],
    }).to_parquet(tmp_path / "transactions.parquet")
    export = read_export(tmp_path, read_mapping(EXAMPLES / "handbook.yaml"))
    members, scans, feedback = (next(export.chunks(name)) for name in export.tables)
    assert export.tables == ("members", "scans", "feedback")
    assert members.member_id.tolist() == ["customer-5", "customer-9"]
    assert members.joined_at.tolist() == list(times[:2].tz_localize("UTC"))
    assert scans.points.tolist() == [57, 82, 0]
    assert scans.amount.tolist() == [57.16, 81.5, 0.0]
    assert feedback.label.tolist() == ["legit", "fraud", "legit"]
    assert (feedback.decided_at - scans.occurred_at == pd.Timedelta(days=7)).all()
    assert feedback.event_id.tolist() == scans.event_id.tolist()


def test_online_retail(tmp_path: Path) -> None:
    """The lines of an invoice become one event with the invoice as proof, in London time."""
    pd.DataFrame({
        "InvoiceNo": ["1", "1", "2"], "StockCode": ["a", "b", "a"], "Quantity": [6, 2, 1],
        "InvoiceDate": pd.to_datetime(["2011-07-01 08:26"] * 2 + ["2011-12-01 09:00"]),
        "UnitPrice": [2.55, 0.1, 1.004], "CustomerID": [17850, 17850, 13047],
        "Country": ["United Kingdom"] * 2 + ["France"], "Revenue": [15.3, 0.2, 1.004],
    }).to_parquet(tmp_path / "online_retail_clean.parquet")
    export = read_export(tmp_path, read_mapping(EXAMPLES / "online_retail.yaml"))
    members, scans = (next(export.chunks(name)) for name in export.tables)
    assert members.region.tolist() == ["United Kingdom", "France"]
    assert scans.points.tolist() == [16, 1]
    assert scans.amount.tolist() == [15.5, 1.0]
    assert scans.member_id.tolist() == ["17850", "13047"]
    assert scans.occurred_at[0] == pd.Timestamp("2011-07-01T07:26:00Z")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_example_reads_what_tells_the_answer(path: Path) -> None:
    """How a fraud was made is read by no mapping, and each maps required tables."""
    mapping = read_mapping(path)
    assert "TX_FRAUD_SCENARIO" not in {name for table in mapping.tables.values()
                                       for name in table.reads}
    assert set(mapping.tables) <= set(TABLES)
