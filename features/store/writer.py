"""The right to write: one process at a time holds HOME/writer.lock.

A database that several processes share takes them by turns itself; then everyone has the right.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from features.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK: Final = "writer.lock"


class Writer:
    """The lock of one home; holding it again in the same process costs nothing.

    The operating system frees it when its process dies.

    Parameters
    ----------
    home : Path
        The folder.
    is_shared : bool
        Whether the journal lies in a database that lets several processes write.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> writer = Writer(pathlib.Path(tempfile.mkdtemp()))
    >>> with writer.held():
    ...     writer.is_held
    True
    """

    def __init__(self, home: Path, is_shared: bool = False) -> None:
        self._is_shared = is_shared
        home.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(home / LOCK, thread_local=False, is_singleton=True)
        self._counting = threading.Lock()
        self._holds = 0

    @property
    def is_held(self) -> bool:
        """Whether this process holds the right."""
        return self._is_shared or self._lock.is_locked

    def acquire(self, wait_s: float = 0.0) -> None:
        """Take the right, for as long as `release` is not called as often.

        Raises
        ------
        Unavailable
            Where another process holds it for longer than ``wait_s`` seconds.
        """
        if self._is_shared:
            return
        with self._counting:
            if not self._holds:
                self._lock_now(wait_s)
            self._holds += 1

    def _lock_now(self, wait_s: float) -> None:
        try:
            self._lock.acquire(timeout=wait_s)
        except Timeout:
            raise Unavailable("the right to write", f"{LOCK} held by another process",
                              "send the rows to the running service, or stop it") from None

    def release(self) -> None:
        """Give back one `acquire`."""
        if self._is_shared:
            return
        with self._counting:
            self._holds = max(self._holds - 1, 0)
            if not self._holds:
                self._lock.release()

    @contextmanager
    def held(self, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the right inside a block; Unavailable as in `acquire`."""
        self.acquire(wait_s)
        try:
            yield
        finally:
            self.release()
