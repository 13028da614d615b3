"""A backup that is damaged, strange or in the way is refused with a sentence; nothing changes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import stat
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import BadInput, JagaError
from features.progress import silent
from serving.audit.heads import KEY
from serving.keeping.backup import backup
from serving.keeping.restore import restore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Restored = Callable[[Path], dict[str, Any]]


@pytest.fixture(scope="module")
def whole(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the small home."""
    import shutil

    folder = tmp_path_factory.mktemp("backups")
    shutil.copytree(made.path, folder / "home")
    home = type(made)(folder / "home", made.keys).home
    backup(home, folder / "one.tar", "ana", 1, silent)
    home.close()
    return folder / "one.tar"


@pytest.fixture
def into(tmp_path: Path) -> Restored:
    def run(path: Path) -> dict[str, Any]:
        return restore(path, tmp_path / "there", None, "ana", 2, silent)

    return run


def rewritten(path: Path, out: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same archive with changed files."""
    with tarfile.open(path) as tar:
        files = {info.name: tar.extractfile(info).read()  # type: ignore[union-attr]
                 for info in tar}
    change(files)
    if "manifest.json" in files:
        files["manifest.sha256"] = hashlib.sha256(files["manifest.json"]).hexdigest().encode()
    with tarfile.open(out, "w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out


def test_its_owner_alone_reads_it(whole: Path) -> None:
    """It holds personal data."""
    assert stat.S_IMODE(whole.stat().st_mode) == 0o600


def test_a_whole_one_is_restored(whole: Path, into: Restored, tmp_path: Path) -> None:
    """Bundles and journal are there; the log tells of it."""
    told = into(whole)
    assert told["rows"] > 900
    assert (tmp_path / "there" / "bundles" / "acme" / "champion").exists()
    with pytest.raises(BadInput, match="an empty home"):
        into(whole)


def test_cut_anywhere_it_is_refused(whole: Path, into: Restored, tmp_path: Path) -> None:
    """Whatever part is missing, nothing is half restored."""
    content = whole.read_bytes()
    random_ = random.Random(4)
    end = content.rindex(b"manifest.json")
    for size in [0, 1, 511, 512, *(random_.randrange(end) for _ in range(12)), end]:
        (tmp_path / "cut.tar").write_bytes(content[:size])
        with pytest.raises(BadInput, match="a whole backup of Jaga"):
            into(tmp_path / "cut.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.tar"]


def test_a_changed_byte_is_found(whole: Path, into: Restored, tmp_path: Path) -> None:
    """Of any file inside; where a byte is in no file it changes nothing."""
    content = whole.read_bytes()
    with tarfile.open(whole) as tar:
        spans = [(info.offset_data, info.size) for info in tar if info.size]
    random_ = random.Random(5)
    for start, size in random_.choices(spans, k=40 if os.environ.get("JAGA_PROVE") else 12):
        at = start + random_.randrange(size)
        changed = bytes([content[at] ^ (1 << random_.randrange(8))])
        (tmp_path / "bad.tar").write_bytes(content[:at] + changed + content[at + 1:])
        with pytest.raises(JagaError):
            into(tmp_path / "bad.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.tar"]


@pytest.mark.parametrize(("said", "change"), [
    ("one without its end", lambda files: files.clear()),
    ("one without its end", lambda files: files.pop("manifest.json")),
    ("1 files differ, the first tables/scans.parquet",
     lambda files: files.pop("tables/scans.parquet")),
    ("1 files differ, the first home/more", lambda files: files.update({"home/more": b"x"})),
    ("another file", lambda files: files.update({"manifest.json": b"[]"})),
    ("another file", lambda files: files.update({"manifest.json": b'{"format":1}'})),
    ("one with strange paths", lambda files: files.update({"../more": b"x"})),
])
def test_a_strange_archive_is_refused(
    whole: Path, into: Restored, tmp_path: Path, said: str, change: Any
) -> None:
    """The sentence says what came."""
    with pytest.raises(BadInput, match=said):
        into(rewritten(whole, tmp_path / "strange.tar", change))
    assert not (tmp_path / "there").exists()


def test_a_newer_schema_is_refused(whole: Path, into: Restored, tmp_path: Path) -> None:
    """What is not known can not be filled in."""
    def newer(files: dict[str, bytes]) -> None:
        told = json.loads(files["manifest.json"]) | {"schema": "9999"}
        files["manifest.json"] = json.dumps(told).encode()

    with pytest.raises(BadInput, match="the newer schema 9999"):
        into(rewritten(whole, tmp_path / "newer.tar", newer))


def test_an_unsigned_one_is_refused_where_there_is_a_key(
    whole: Path, into: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write the folder of backups can not slip one in."""
    monkeypatch.setenv(KEY, "k" * 40)
    with pytest.raises(BadInput, match="did not sign"):
        into(whole)


def test_a_file_that_is_there_is_never_overwritten(whole: Path, world: Any) -> None:
    """The last backup is not the price of the next."""
    before = whole.read_bytes()
    home = world.home
    with pytest.raises(BadInput, match="a file that is not there yet"):
        backup(home, whole, "ana", 1, silent)
    home.close()
    assert whole.read_bytes() == before


def test_it_lies_outside_of_the_home(world: Any) -> None:
    """Else each would hold all before it, and twice as much."""
    home = world.home
    (world.path / "backups").mkdir()
    with pytest.raises(BadInput, match="a file outside of the home"):
        backup(home, world.path / "backups", "ana", 1, silent)
    home.close()
    assert list((world.path / "backups").iterdir()) == []


def test_a_home_that_is_a_mount_is_filled_where_it_is(
    whole: Path, into: Restored, tmp_path: Path
) -> None:
    """The folder itself stays, and nothing is written beside it."""
    there = tmp_path / "there"
    there.mkdir()
    before = there.stat().st_ino
    told = tmp_path.stat().st_mtime_ns
    into(whole)
    assert (there.stat().st_ino, tmp_path.stat().st_mtime_ns) == (before, told)
    assert [path.name for path in there.iterdir() if path.name.startswith(".")] == []


def test_a_move_that_fails_leaves_the_home_empty(
    whole: Path, into: Restored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal goes last; what was moved before it is taken back."""
    (tmp_path / "there").mkdir()
    rename = type(tmp_path).rename

    def full(path: Path, target: Path) -> Path:
        if target == tmp_path / "there" / "journal.sqlite":
            raise OSError(28, "no space")
        return rename(path, target)

    monkeypatch.setattr(type(tmp_path), "rename", full)
    with pytest.raises(OSError, match="no space"):
        into(whole)
    assert list((tmp_path / "there").iterdir()) == []
