"""What is wrong with a home, found one by one."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from features.exports.export import read_export
from features.store.home import Home
from features.store.inbox import Inbox
from features.store.ingest import clean_export, ingest
from jaga import doctor
from jaga.doctor import examine
from models import champion
from models.bundle import MANIFEST
from serving.champion import bare_bundle

ROOT = Path(__file__).parents[3]
HOLD = """
import sys, pathlib
from features.store.writer import Writer
writer = Writer(pathlib.Path(sys.argv[1]))
writer.acquire()
print("held", flush=True)
sys.stdin.read()
"""
TIME = "2026-01-01T00:00:00Z"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of two good scans, one refused, and a bundle that serves."""
    export = tmp_path / "export"
    export.mkdir()
    (export / "program.yaml").write_text("program_id: acme\n")
    (export / "members.csv").write_text(
        f"member_id,program_id,persona,joined_at\nm1,acme,retailer,{TIME}\n")
    (export / "scans.csv").write_text(
        "event_id,program_id,member_id,occurred_at,points,proof\n"
        + "".join(f"e{n},acme,m1,{TIME},{n},qr\n" for n in (1, 2, -3)))
    opened = Home(tmp_path / "home")
    ingest(opened, export)
    root = opened.bundles("acme")
    champion.promote(root, bare_bundle(opened.journal()).save(root).name)
    opened.close()
    return tmp_path / "home"


def test_a_sound_home_is_ok(home: Path) -> None:
    """Counts and ids stand behind the ok; a refused row is told without its value."""
    found = examine(home)
    wrong = {name: said for name, said in found.items() if not said.startswith("ok")}
    assert list(wrong) == ["rejects of acme"]
    assert "1 that were refused, the first in scans, row 3, points" in wrong["rejects of acme"]
    assert "ingest again" in wrong["rejects of acme"]
    assert found["events of acme"] == "ok, 2"
    assert found["champion of acme"].startswith("ok, 1970")


def test_no_home_is_said(tmp_path: Path) -> None:
    """Nothing is made by looking."""
    assert "run jaga demo" in examine(tmp_path / "none")["home"]
    assert not (tmp_path / "none").exists()
    assert "run jaga ingest" in examine(tmp_path)["schema"]
    assert list(tmp_path.iterdir()) == []


def test_a_home_without_a_champion_asks_for_training(home: Path) -> None:
    """The pointer decides, not the folder of a bundle."""
    (home / "bundles" / "acme" / champion.POINTER).unlink()
    assert "run jaga train" in examine(home)["champion of acme"]


def test_a_changed_bundle_is_found(home: Path) -> None:
    """A bundle whose bytes differ from its manifest does not load."""
    folder = champion.champion(home / "bundles" / "acme")
    assert folder is not None
    (folder / "policy.yaml").write_text("version: changed\n")
    assert "policy.yaml" in examine(home)["champion of acme"]
    (folder / MANIFEST).write_text("{")
    assert "train a new one" in examine(home)["champion of acme"]


def test_another_holder_of_the_right_to_write_is_named(home: Path) -> None:
    """A running service is nothing wrong; its process is told where the system tells it."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        said = examine(home)["writer"]
        process.kill()
    assert said.startswith("ok, held by ")
    if Path("/proc/locks").exists():
        assert f"process {process.pid};" in said
    assert examine(home)["writer"] == "ok"


@pytest.mark.parametrize(("revision", "remedy"), [("0001", "jaga migrate"), ("9999", "newer Jaga")])
def test_another_schema_is_found_and_left_alone(home: Path, revision: str, remedy: str) -> None:
    """Tables of another version are told, and neither migrated nor read."""
    with closing(sqlite3.connect(home / "journal.sqlite")) as store:
        store.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        store.commit()
    found = examine(home)
    assert f"came {revision}" in found["schema"]
    assert remedy in found["schema"]
    assert "events of acme" not in found
    with closing(sqlite3.connect(home / "journal.sqlite")) as store:
        assert store.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]


def test_a_file_that_is_no_database_is_found(home: Path) -> None:
    """A damaged journal asks for its backup."""
    (home / "journal.sqlite").write_bytes(b"no database " * 100)
    assert "restore it from a backup" in examine(home)["schema"]


def test_a_hand_over_without_an_owner_is_found(home: Path, tmp_path: Path) -> None:
    """Rows that wait for a service that is gone."""
    opened, export = Home(home), read_export(tmp_path / "export")
    Inbox(opened).hand_over(export.program, [], clean_export(export).tables)
    opened.close()
    assert "1 hand-overs without an answer" in examine(home)["inbox"]


def test_a_hand_over_that_could_not_be_taken_in_is_found(home: Path, tmp_path: Path) -> None:
    """It was set aside, and its ingest never asked for the answer."""
    opened, export = Home(home), read_export(tmp_path / "export")
    inbox = Inbox(opened)
    name = inbox.hand_over(export.program, [], clean_export(export).tables)
    next((inbox.path / name).glob("*.parquet")).unlink()
    inbox.drain()
    opened.close()
    assert f"1 damaged or refused, the first {name}" in examine(home)["inbox"]


def test_a_taken_port_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next free pair is named."""
    with socket.socket() as taken:
        taken.bind((doctor.HOST, 0))
        monkeypatch.setattr(doctor, "PORT", taken.getsockname()[1])
        assert "jaga serve takes" in examine(tmp_path)["port"]


def test_limits_of_the_machine_are_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little space and a package that is missing are said like everything else."""
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 60)
    monkeypatch.setattr(doctor, "EXTRAS", {"serving": ("no_such_package",)})
    monkeypatch.setattr(doctor, "PYTHONS", ((2, 6), (2, 7)))
    found = examine(tmp_path)
    assert "MiB of free space" in found["home"]
    assert "no_such_package" in found["extra serving"]
    assert "make setup PYTHON=python2.6" in found["python"]
