"""Where compiled code is kept, so that it is compiled once, also in a read-only container.

numba keeps machine code in ``NUMBA_CACHE_DIR``, or beside the source. Where that can't be written,
and its own fallback neither, it refuses to import. Here the first folder of these is taken that
can be written: the one named, the package's own, one under the user's cache folder, one under the
system's temporary folder. The last two belong to this user alone, as what lies there is run; they
start with what was compiled at installation (``python -m features.engine.warm``). Where nothing
can be written, code is compiled anew at each start.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numba
from numba.core import caching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CONFIG: Final[Any] = numba.config
_LOCATOR: Final[Any] = caching._CacheLocator
PACKAGES: Final = Path(__file__).resolve().parent.parent
"""The folder that holds the rooms."""
KERNEL: Final = "features/engine/kernel"
COMPILED: Final = (KERNEL, "features/engine", "features/members", "models", "models/inactivity",
                   "models/missions/allocation")  # fmt: skip
"""Folders of modules that hold compiled functions."""


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile with numba, kept on disk where there is a folder for it; options are numba's."""
    return numba.njit(cache=FOLDER is not None, **options)


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _own_folders() -> Iterator[Path]:
    """Yield folders of this user outside the package."""
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        home = None
    if home is not None:
        yield home / "jaga" / "compiled"
    user = os.getuid() if hasattr(os, "getuid") else 0
    with suppress(FileNotFoundError):
        yield Path(tempfile.gettempdir()) / f"jaga-compiled-{user}"


def _is_private(folder: Path) -> bool:
    """Whether only this user may write there; the folder is made where it is not there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return mine and stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o022


def _seed(folder: Path, named: Path | None) -> None:
    """Start a folder with what lies compiled where it can't be written."""
    for name in COMPILED:
        source = PACKAGES / name
        place = _LOCATOR.get_suitable_cache_subpath(str(source / "any.py"))
        here = named / place if named else source / "__pycache__"
        files = [*here.glob("*.nbi"), *here.glob("*.nbc")]
        if files:
            (folder / place).mkdir(exist_ok=True)
        for file in files:
            if not (folder / place / file.name).exists():
                shutil.copyfile(file, folder / place / file.name)


def _choose() -> Path | None:
    """Choose the folder and tell numba of it; None where nothing can be written."""
    named = Path(_CONFIG.CACHE_DIR) if _CONFIG.CACHE_DIR else None
    first = named or PACKAGES / KERNEL / "__pycache__"
    if _is_writable(first):
        return first
    for folder in _own_folders():
        if _is_private(folder) and _is_writable(folder):
            _seed(folder, named)
            _CONFIG.CACHE_DIR = str(folder)
            return folder
    return None


FOLDER: Final = _choose()
"""Where compiled code is kept; None where every start compiles."""
