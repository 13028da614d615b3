"""The daily file of rings, from a journal."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from features.exports.program import Program
from features.links.jobs import publish, read_rings
from features.store.home import Home
from features.store.ingest import ingest
from jaga.command import main


@pytest.fixture
def home(tmp_path):
    """A home whose program has five accounts on one wallet, and one of his own."""
    joined = pd.Timestamp("2026-01-05T08:00:00Z")
    members = pd.DataFrame([
        {"member_id": f"m{i}", "program_id": "acme", "persona": "influencer",
         "joined_at": joined + pd.Timedelta(days=i), "payout_id": "w1" if i < 5 else "w2"}
        for i in range(6)])
    scans = pd.DataFrame([
        {"event_id": f"e{i}", "program_id": "acme", "member_id": f"m{i}",
         "occurred_at": joined + pd.Timedelta(days=8, hours=i), "points": 5, "proof": "qr",
         "code_id": f"c{i}"} for i in range(6)])
    folder = tmp_path / "export"
    folder.mkdir()
    members.to_parquet(folder / "members.parquet")
    scans.to_parquet(folder / "scans.parquet")
    (folder / "program.yaml").write_text("program_id: acme\ntimezone: UTC\n")
    home = Home(tmp_path / "home")
    home.create(Program(program_id="acme"))
    ingest(home, folder)
    yield home
    home.close()


def moment(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_the_file_tells_who_is_in_a_ring_and_since_when_that_is_known(home):
    """One row a member, names for numbers, known from the midnight before the moment."""
    published = publish(home, "acme", moment("2026-01-20T15:00:00"))
    path = published.path
    assert (published.rings, published.members, published.largest) == (1, 5, 5)
    assert published.known_at == "2026-01-20T00:00:00+00:00"
    assert path == home.path / "rings" / "acme" / "2026-01-20.parquet"
    found = pq.read_table(path).to_pandas()
    assert found["member_id"].tolist() == ["m0", "m1", "m2", "m3", "m4"]
    assert set(found["ring"]) == {"m0"}
    assert set(found["size"]) == {5}
    assert set(found["known_at"]) == {pd.Timestamp("2026-01-20T00:00:00Z")}
    assert found["kinds"].iloc[0].tolist() == ["payout"]
    assert found["score"].between(0.05, 0.95).all()


def test_the_same_moment_gives_the_same_file(home):
    """Publishing again, later in the day, changes no byte."""
    first = publish(home, "acme", moment("2026-01-20T01:00:00")).path.read_bytes()
    assert publish(home, "acme", moment("2026-01-20T23:00:00")).path.read_bytes() == first


def test_rings_know_nothing_after_their_midnight(home):
    """As of an early day only those who had joined before its midnight are in."""
    journal = home.journal("acme")
    early = read_rings(journal, moment("2026-01-08T12:00:00"))
    assert len(early.members) == 3
    assert early.known_at_ms == moment("2026-01-08T00:00:00")


def test_a_program_without_rings_has_an_empty_file(home):
    """Before anybody shares anything the file is there, with its columns and no rows."""
    found = pq.read_table(publish(home, "acme", moment("2026-01-05T12:00:00")).path)
    assert found.num_rows == 0
    assert found.column_names == ["member_id", "ring", "size", "score", "known_at", "kinds"]


def test_the_verb_tells_counts_and_writes_where_it_is_told(home, tmp_path):
    """`jaga rings` publishes as of the journal's end, or as of T into a file of one's own."""
    def run(*options):
        done = CliRunner().invoke(main, ["rings", "--home", str(home.path), "--json", *options])
        assert done.exit_code == 0, done.output
        return json.loads(done.output.splitlines()[-1])

    told = run()
    assert told["path"].endswith("rings/acme/2026-01-13.parquet")
    assert (told["rings"], told["members"], told["likely"]) == (1, 5, 1)
    own = run("--as-of", "2026-01-20T15:00:00Z", "--out", str(tmp_path / "own.parquet"))
    assert pq.read_table(tmp_path / "own.parquet").num_rows == own["members"] == 5
    assert own["known_at"] == "2026-01-20T00:00:00+00:00"
