"""Writing files so that a crash leaves the old content or the new, never a piece."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file or folder is on durable storage."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file with line feeds as they are."""
    path.write_bytes(text.encode())


def replace_text(path: Path, text: str) -> None:
    """Replace a file's text at once and durably.

    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "pointer"
    >>> replace_text(path, "a"); replace_text(path, "b"); path.read_text()
    'b'
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")
    write_text(new, text)
    sync(new)
    new.replace(path)
    sync(path.parent)
