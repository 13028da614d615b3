"""The same frames from a journal on disk, through ingest."""

import pandas as pd

from features.members.activity import activity_days
from features.members.rhythm import member_features
from features.store.home import Home
from features.store.ingest import ingest

MEMBERS = pd.DataFrame({
    "member_id": ["a", "b"], "program_id": "acme", "persona": "retailer",
    "joined_at": "2026-01-01T00:00:00Z", "channels": "whatsapp;app", "consent": "true",
    "off_season": ["", "01-01/02-28"], "points_balance": ["120", ""],
})
SCANS = pd.DataFrame({
    "event_id": ["1", "2", "3", "4"], "program_id": "acme", "member_id": ["a", "a", "a", "b"],
    "occurred_at": ["2026-01-02T09:00:00Z", "2026-01-05T09:00:00Z", "2026-01-09T20:00:00Z",
                    "2026-01-09T09:00:00Z"],
    "points": "10", "proof": "qr", "outcome": ["credited", "held", "", "credited"],
})
FEEDBACK = pd.DataFrame({"event_id": ["1"], "label": ["fraud"],
                         "decided_at": ["2026-01-08T00:00:00Z"]})


def test_a_journal_on_disk_gives_the_same(tmp_path):
    """Held and fraudulent scans are out, words are looked up, days are local."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "program.yaml").write_text("program_id: acme\ntimezone: Asia/Jakarta\n")
    for name, table in (("members", MEMBERS), ("scans", SCANS), ("feedback", FEEDBACK)):
        table.to_csv(folder / f"{name}.csv", index=False)
    home = Home(tmp_path / "home")
    try:
        ingest(home, folder)
        journal = home.journal()
        as_of = journal.as_of_ms
        number = {name: journal.number("member", name) for name in "ab"}
        days = activity_days(journal, as_of)
        frame = member_features(journal, as_of)
        before = activity_days(journal, pd.Timestamp("2026-01-07", tz="UTC").value // 10**6)
    finally:
        home.close()
    local = pd.Timestamp("2026-01-10")
    assert days.loc[days["member"] == number["a"], "day"].tolist() == [
        (local - pd.Timestamp(0)).days], "20:00 UTC on the 9th is the 10th in Jakarta"
    assert len(before) == 1, "the fraud was not known yet, the hold was"
    assert frame.loc[number["b"], "off_season_now"] == 1
    assert frame.loc[number["a"], ["off_season_now", "channels_open", "balance", "consent"]
                     ].tolist() == [0, 2, 120, 1]
