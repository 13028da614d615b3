"""Bad input through the real command: a sentence, nothing half-written, never a traceback.

The sentence says what was wanted, what came and what to do. It is the error of the command with
exit status 2, or a row of rejects.parquet.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from jaga.command import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from click.testing import Result

TIME: Final = "2026-01-01T00:00:00Z"
LATER: Final = "2026-01-02T00:00:00Z"
MEMBER: Final = {"member_id": "m1", "program_id": "acme", "persona": "retailer", "joined_at": TIME}
SCAN: Final = {"event_id": "e1", "program_id": "acme", "member_id": "m1", "occurred_at": LATER,
               "points": "5", "proof": "qr"}
MAPPING: Final = """
tables:
  members:
    source: members.csv
    columns: {member_id: member_id, persona: persona, joined_at: joined_at}
  scans:
    source: scans.csv
    columns: {event_id: event_id, member_id: member_id, occurred_at: occurred_at, proof: proof,
              points: points}
"""
READERS: Final = (
    ("score", "--out", "{out}"), ("suggest", "--out", "{out}.parquet"),
    ("replay", "{export}", "--out", "{out}.parquet"), ("train",), ("promote",), ("rollback",),
    ("features", "--out", "{out}.parquet"), ("explain", "e1"), ("key", "create"),
)


def jaga(*arguments: object) -> Result:
    """Run the command; whatever comes, it is no traceback."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done


def told(*arguments: object) -> dict[str, Any]:
    """Run the command with ``--json``: its last line."""
    done = jaga(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def assert_refused(done: Result, *words: str) -> None:
    """Exit status 2 and one sentence in three parts that holds the words."""
    assert done.exit_code == 2, done.output
    sentence = done.stderr.strip().splitlines()[-1]
    for word in ("Wanted ", "; came ", ". To do: ", *words):
        assert word in sentence, sentence


def stored(home: Path) -> dict[str, object]:
    """Everything a home's database holds, row by row."""
    if not (home / "journal.sqlite").exists():
        return {}
    with closing(sqlite3.connect(home / "journal.sqlite")) as store:
        names = [row[0] for row in store.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        return {name: store.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


def write(folder: Path, *scans: Mapping[str, object], **files: bytes | str | None) -> Path:
    """Write an export of one member and some scans; ``files`` replace or, None, remove."""
    folder.mkdir(parents=True)
    (folder / "program.yaml").write_text("program_id: acme\n")
    pd.DataFrame([MEMBER]).to_csv(folder / "members.csv", index=False)
    pd.DataFrame([SCAN, *({**SCAN, **scan} for scan in scans)]).to_csv(
        folder / "scans.csv", index=False)
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A home that holds a good export, never to be changed by what is refused."""
    folder = tmp_path_factory.mktemp("kept")
    assert told("ingest", write(folder / "good"), "--home", folder / "home")["rejects"] == 0
    return folder / "home", stored(folder / "home")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that holds the same, to be written to."""
    told("ingest", write(tmp_path / "good"), "--home", tmp_path / "home")
    return tmp_path / "home"


def _parquet(damaged: slice = slice(0)) -> bytes:
    """A Parquet table of many scans, these bytes of it overwritten."""
    scans = pd.DataFrame([SCAN | {"event_id": f"e{number}"} for number in range(3000)])
    content = bytearray(scans.to_parquet())
    content[damaged] = bytes(len(content[damaged]))
    return bytes(content)


REFUSED: Final[dict[str, tuple[dict[str, bytes | str | None], tuple[str, ...]]]] = {
    "missing column": (
        {"scans_csv": pd.DataFrame([SCAN]).drop(columns="proof").to_csv(index=False)},
        ("scans.csv", "no proof", "add proof")),
    "empty file": ({"scans_csv": b""}, ("scans.csv", "0 bytes", "export it again")),
    "empty Parquet": (
        {"scans_csv": None, "scans_parquet": b""}, ("scans.parquet", "0 bytes")),
    "truncated Parquet": (
        {"scans_csv": None, "scans_parquet": _parquet()[:2000]},
        ("whole Parquet file scans.parquet", "cut off", "export the file again")),
    "Parquet with a damaged page": (
        {"scans_csv": None, "scans_parquet": _parquet(slice(200, 600))},
        ("scans.parquet", "damaged")),
    "Latin-1": (
        {"members_csv": pd.DataFrame([MEMBER | {"region": "Córdoba"}]).to_csv(
            index=False).encode("latin-1")},
        ("members.csv: UTF-8", "another encoding at line 2", "iconv")),
    "UTF-16": (
        {"members_csv": pd.DataFrame([MEMBER]).to_csv(index=False).encode("utf-16")},
        ("members.csv", "UTF-16", "save it as CSV in UTF-8")),
    "no members": ({"members_csv": None}, ("a table of members", "members.parquet")),
    "no events": ({"scans_csv": None}, ("one of scans, referrals, redemptions",)),
    "no program.yaml": ({"program_yaml": None}, ("program.yaml", "program_id: NAME")),
    "empty program.yaml": ({"program_yaml": ""}, ("an empty file", "program_id: NAME")),
    "truncated program.yaml": (
        {"program_yaml": "program_id: acme\nlanguages: [en, "},
        ("program.yaml to be YAML", "line 2", "mend program.yaml")),
    "misspelt setting": (
        {"program_yaml": "program_id: acme\ntime_zone: Asia/Jakarta\n"},
        ("the key time_zone", "write timezone")),
    "impossible setting": (
        {"program_yaml": "program_id: acme\ncurrency: Euro\n"}, ("currency", "'Euro'", "ISO 4217")),
    "truncated missions.yaml": (
        {"missions_yaml": "- id: visit\n  cost_poin"}, ("missions.yaml", "mend missions.yaml")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_export_stops_before_anything_is_written(
    case: str, kept: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    """A file that is no table leaves journal, rejects and the place of a new home as they were."""
    files, words = REFUSED[case]
    export = write(tmp_path / "export", {"event_id": "e2"}, **files)
    home, before = kept
    rejects = (home / "rejects" / "acme" / "rejects.parquet").read_bytes()
    assert_refused(jaga("ingest", export, "--home", home), *words)
    assert stored(home) == before
    assert (home / "rejects" / "acme" / "rejects.parquet").read_bytes() == rejects
    assert_refused(jaga("ingest", export, "--home", tmp_path / "new"), *words)
    assert not (tmp_path / "new").exists()
    assert_refused(jaga("report", export, "--out", tmp_path / "report.html"), *words)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(("mapping", "words"), [
    (MAPPING.replace("source: scans", "sorce: scans"), ("tables.scans.sorce", "write source")),
    (MAPPING.replace("tables:", "tabels:"), ("the key tabels", "write tables")),
    (MAPPING.replace("scans:", "scan:"), ("scan", "scans")),
    (MAPPING.replace("points: points", "points: POINTS"), ("came POINTS", "take one of event_id")),
    (MAPPING.replace("points: points", "point: points"), ("point",)),
    (MAPPING.replace("scans.csv", "sales.csv"), ("sales.csv", "no such file")),
    (MAPPING.replace("points: points", "points: {expr: '__import__(1)'}"), ("__import__",)),
    (MAPPING[:-30], ("mapping.yaml to be YAML", "mend mapping.yaml")),
    ("", ("an empty file",)),
])
def test_a_wrong_mapping_stops_before_anything_is_written(
    mapping: str, words: tuple[str, ...], kept: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    """The sentence names the file, the key and, where one is near, what was meant."""
    path = tmp_path / "mapping.yaml"
    path.write_text(mapping)
    home, before = kept
    done = jaga("ingest", write(tmp_path / "export"), "--mapping", path, "--home", home)
    assert_refused(done, "mapping.yaml" if "sales.csv" not in mapping else "sales.csv", *words)
    assert stored(home) == before


BAD_ROWS: Final = {
    "unknown enum": ({"proof": "telepathy"}, "proof", "telepathy",
                     "expected qr, barcode, serial or invoice, got telepathy"),
    "naive time": ({"occurred_at": "2026-01-02T00:00:00"}, "occurred_at", "2026-01-02T00:00:00",
                   "expected an RFC 3339 time with an offset, from 1970 to 2200, "
                   "got 2026-01-02T00:00:00"),
    "year 20000": ({"occurred_at": "20000-01-02T00:00:00Z"}, "occurred_at",
                   "20000-01-02T00:00:00Z", "expected an RFC 3339 time with an offset, "
                   "from 1970 to 2200, got 20000-01-02T00:00:00Z"),
    "negative points": ({"points": "-5"}, "points", "-5",
                        "expected a whole number from 0 to 1000000000000, got -5"),
    "another body": ({"event_id": "e1", "points": "50"}, "event_id", "e1",
                     "expected the body that came first with this id, got another one"),
    "another program": ({"program_id": "rival"}, "program_id", "rival",
                        "expected acme, got rival"),
    "no id": ({"event_id": ""}, "event_id", "", "an empty cell"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_goes_to_the_rejects_and_the_good_ones_go_on(
    case: str, home: Path, tmp_path: Path
) -> None:
    """Its cell, its value and its sentence are kept; sent again, nothing changes."""
    cells, column, value, sentence = BAD_ROWS[case]
    export = write(tmp_path / "next", {"event_id": "bad", **cells}, {"event_id": "good"})
    report = told("ingest", export, "--home", home)
    assert report["tables"]["scans"] == {
        "read": 3, "new": 1, "same": 1, "versions": 0, "rejects": 1}
    assert sentence in report["first_rejects"][0]
    assert "ingest again" in report["next"]
    rejects = pd.read_parquet(home / "rejects" / "acme" / "rejects.parquet")
    assert rejects[["table", "row", "column", "value"]].to_numpy().tolist() == [
        ["scans", 2, column, value]]
    assert sentence in rejects["sentence"].iloc[0]
    after = stored(home)
    assert told("ingest", export, "--home", home)["tables"]["scans"]["same"] == 2
    assert stored(home) == after


@pytest.mark.parametrize(("column", "cell", "sentence"), [
    ("occurred_at", pa.scalar(1_767_225_600, pa.timestamp("s")), "without an offset"),
    ("occurred_at", pa.scalar(568_971_820_800, pa.timestamp("s", "UTC")), "from 1970 to 2200"),
    ("occurred_at", pa.scalar(568_971_820_800_000, pa.timestamp("ms", "UTC")), "from 1970 to 2200"),
    ("points", pa.scalar(-5), "a whole number from 0"),
    ("points", pa.scalar(5.5), "a whole number from 0"),
], ids=["naive", "year 20000 in s", "year 20000 in ms", "negative", "broken"])
def test_typed_cells_are_refused_like_written_ones(
    column: str, cell: pa.Scalar, sentence: str, home: Path, tmp_path: Path
) -> None:
    """In Parquet too a time needs an offset and a sane year, and points are whole and positive."""
    export = write(tmp_path / "next", scans_csv=None)
    typed = {name: pa.array([value]) for name, value in (SCAN | {"event_id": "typed"}).items()}
    pq.write_table(pa.table(typed | {column: pa.array([cell], cell.type)}),
                   export / "scans.parquet")
    report = told("ingest", export, "--home", home)
    assert report["tables"]["scans"]["rejects"] == 1
    assert f"scans row 1, {column}: expected" in report["first_rejects"][0]
    assert sentence in report["first_rejects"][0]


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_check_tells_the_same_and_writes_nothing(
    case: str, kept: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    """What would be refused is said before."""
    cells, _, _, sentence = BAD_ROWS[case]
    home, before = kept
    export = write(tmp_path / "next", {"event_id": "bad", **cells}, {"event_id": "good"})
    report = told("ingest", export, "--check", "--home", home)
    assert (report["rejects"], report["rejects_path"]) == (1, None)
    assert sentence in report["first_rejects"][0]
    assert stored(home) == before


def _filled(arguments: tuple[str, ...], tmp_path: Path) -> list[str]:
    return [argument.format(out=tmp_path / "out", export=tmp_path / "export")
            for argument in arguments]


@pytest.mark.parametrize("arguments", READERS, ids=lambda arguments: arguments[0])
def test_an_unknown_program_is_named_beside_the_known(
    arguments: tuple[str, ...], kept: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    """Each verb lists what the home holds, and makes nothing."""
    home, before = kept
    write(tmp_path / "export", program_yaml="program_id: rival\n")
    done = jaga(*_filled(arguments, tmp_path), "--home", home, "--program", "rival")
    assert_refused(done, "rival", "acme")
    assert stored(home) == before
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


@pytest.mark.parametrize("arguments", READERS, ids=lambda arguments: arguments[0])
def test_a_home_that_is_not_there_is_not_made(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """To read from an empty place asks for an ingest."""
    write(tmp_path / "export")
    done = jaga(*_filled(arguments, tmp_path), "--home", tmp_path / "home")
    assert_refused(done, "ingest an export first")
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


@pytest.mark.parametrize("arguments", READERS[:3], ids=lambda arguments: arguments[0])
def test_a_home_without_a_champion_asks_for_training(
    arguments: tuple[str, ...], kept: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    """Nothing is scored, and the new event of the export is not taken either."""
    home, before = kept
    write(tmp_path / "export", {"event_id": "new"})
    done = jaga(*_filled(arguments, tmp_path), "--home", home)
    assert_refused(done, "a champion bundle", "run jaga train")
    assert stored(home) == before
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


@pytest.mark.parametrize("verb", ["ingest", "replay"])
def test_an_export_of_another_program_than_asked_for_is_refused(
    verb: str, home: Path, tmp_path: Path
) -> None:
    """Rows of one program never land in the journal of another."""
    told("ingest", write(tmp_path / "rival", program_yaml="program_id: rival\n"), "--home", home)
    before = stored(home)
    out = ("--out", tmp_path / "out.parquet") if verb == "replay" else ()
    done = jaga(verb, write(tmp_path / "next", {"event_id": "new"}), *out, "--home", home,
                "--program", "rival")
    assert_refused(done, "an export of the program rival", "one of acme")
    assert stored(home) == before


@pytest.mark.parametrize("arguments", [
    ("ingest", "{none}"), ("report", "{none}", "--out", "{out}"), ("map", "{none}"),
    ("replay", "{none}", "--out", "{out}"), ("benchmark", "fraud-handbook", "--data", "{none}"),
    ("ingest", "{export}", "--mapping", "{none}"),
], ids=lambda arguments: " ".join(arguments[:1] + arguments[2:3]))
def test_a_folder_or_file_that_is_not_there_is_said(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """The path that was looked for stands in the sentence."""
    write(tmp_path / "export")
    none = tmp_path / "no [such] folder"
    filled = [argument.format(none=none, out=tmp_path / "out", export=tmp_path / "export")
              for argument in arguments]
    assert_refused(jaga(*filled, "--home", tmp_path / "home"), "no [such] folder")
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_file_where_a_folder_should_be_made_is_said(home: Path, tmp_path: Path) -> None:
    """What the system refuses is a sentence that names the path."""
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "features.parquet"
    assert_refused(jaga("features", "--out", out, "--home", home), "file")


@pytest.mark.parametrize("content", [b"no database " * 100, b""])
def test_a_journal_that_is_no_database_is_said(content: bytes, tmp_path: Path) -> None:
    """A damaged file asks for its backup; an empty one is a new journal."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "journal.sqlite").write_bytes(content)
    done = jaga("ingest", write(tmp_path / "export"), "--home", tmp_path / "home")
    if content:
        assert_refused(done, "not a database", "restore it from a backup")
    else:
        assert done.exit_code == 0


def test_a_home_of_a_newer_version_is_said(home: Path, tmp_path: Path) -> None:
    """Tables of another series, which do more than add, are left alone."""
    with closing(sqlite3.connect(home / "journal.sqlite")) as store:
        store.execute("UPDATE alembic_version SET version_num = 'b0001'")
        store.commit()
    before = stored(home)
    for arguments in (("ingest", tmp_path / "good"), ("train",), ("migrate",)):
        assert_refused(jaga(*arguments, "--home", home), "b0001", "newer version")
    assert stored(home) == before


@pytest.mark.filterwarnings("ignore")  # MLflow, Evidently and shap warn on import
def test_a_damaged_registry_is_said(home: Path) -> None:
    """The file is named, and what to do with it."""
    (home / "mlflow.db").write_bytes(b"no database " * 100)
    assert_refused(jaga("train", "--home", home), "mlflow.db", "move it away for a new one")
