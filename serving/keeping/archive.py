"""A backup as a file: a tar of Parquet tables and of the home's files, with a manifest at its end.

The manifest names every file with its size and SHA-256, so that a file that was cut off, or of
which a byte differs, is known before anything is restored from it.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadInput
from models.files import sync

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DIGEST: Final = "manifest.sha256"
"""The last file: where it is there and fits, nothing before it is missing."""
SHAPE: Final = {"format": int, "schema": str, "made_at": str, "signature": str,
                "programs": dict, "tables": dict, "files": dict}
"""What a manifest holds."""
CHUNK: Final = 1 << 20
MODE: Final = 0o600
"""It holds personal data and hashes of keys and passwords: its owner alone reads it."""


class Writer:
    """Writes a backup; nothing stands under its name before it is complete.

    Parameters
    ----------
    path : Path
        The file to be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(self._draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, MODE),
                               "wb")
        self._tar = tarfile.TarFile(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)
        self.files: dict[str, dict[str, Any]] = {}

    def add(self, name: str, content: bytes) -> None:
        """Add a file by its content."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), MODE
        self._tar.addfile(info, io.BytesIO(content))
        self.files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def add_path(self, name: str, path: Path) -> None:
        """Add a file that nobody changes meanwhile."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = path.stat().st_size, MODE
        with path.open("rb") as file:
            self.files[name] = {"bytes": info.size,
                                "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
            file.seek(0)
            self._tar.addfile(info, file)

    def finish(self, manifest: dict[str, Any], key: bytes) -> str:
        """Add the manifest, and put the file under its name; the manifest's SHA-256."""
        told = manifest | {"format": FORMAT, "files": self.files}
        content = json.dumps(told | {"signature": signature(told, key)}, indent=1).encode()
        digest = hashlib.sha256(content).hexdigest()
        self.add(MANIFEST, content)
        self.add(DIGEST, digest.encode())
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.replace(self._path)
        sync(self._path.parent)
        return digest

    def drop(self) -> None:
        """Remove what was written, where it was not finished."""
        self._file.close()
        self._draft.unlink(missing_ok=True)


def signature(told: dict[str, Any], key: bytes) -> str:
    """Signature of a manifest by the key of the audit log; empty without one."""
    content = json.dumps(told, sort_keys=True).encode()
    return hmac.new(key, content, hashlib.sha256).hexdigest() if key else ""


def unpack(path: Path, folder: Path, key: bytes) -> dict[str, Any]:
    """Unpack a backup into an empty folder and verify every byte of it; the manifest.

    Raises
    ------
    BadInput
        A file that is no backup, was cut off or changed, or is of a newer format.
    """
    found: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for info in tar:
                found[info.name] = _extract(tar, info, folder)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise _damaged("another file", "name the file that jaga backup wrote") from error
    if found.pop(DIGEST, "") != hashlib.sha256(found.get(MANIFEST, "").encode()).hexdigest():
        raise _damaged("one without its end", "copy it again: it was cut off")
    manifest = _read(folder / MANIFEST)
    told = {name: cell for name, cell in manifest.items() if name != "signature"}
    if manifest.get("format") != FORMAT:
        raise _damaged("one of another format", "restore it by the version that made it")
    if key and not hmac.compare_digest(manifest["signature"].encode(),
                                       signature(told, key).encode()):
        raise _damaged("one that the key of the audit log did not sign",
                       "check JAGA_AUDIT_KEY, or who made it")
    found.pop(MANIFEST)
    wrong = [name for name, said in manifest["files"].items() if found.pop(name, "") !=
             said["sha256"]]
    if wrong or found:
        raise _damaged(f"one in which {len(wrong) + len(found)} files differ, the first "
                       f"{[*wrong, *found][0]}", "copy it again, or take an older one")
    return manifest


def _read(path: Path) -> dict[str, Any]:
    """Read a manifest; BadInput where it is of another make."""
    manifest = json.loads(path.read_bytes())
    if not isinstance(manifest, dict) or any(
            not isinstance(manifest.get(name), kind) for name, kind in SHAPE.items()):
        raise _damaged("another file", "name the file that jaga backup wrote")
    return manifest


def _extract(tar: tarfile.TarFile, info: tarfile.TarInfo, folder: Path) -> str:
    name = PurePosixPath(info.name)
    source = tar.extractfile(info)
    if source is None or name.is_absolute() or ".." in name.parts:
        raise _damaged("one with strange paths", "take one that jaga backup wrote")
    target = folder.joinpath(*name.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while content := source.read(CHUNK):
            digest.update(content)
            file.write(content)
    if target.stat().st_size != info.size:
        raise _damaged("one without its end", "copy it again: it was cut off")
    return digest.hexdigest()


def _damaged(came: str, remedy: str) -> BadInput:
    return BadInput("a whole backup of Jaga", came, remedy)
