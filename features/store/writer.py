"""The right to write: one process at a time holds HOME/writer.lock."""

from __future__ import annotations

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

    Examples
    --------
    >>> import tempfile, pathlib
    >>> writer = Writer(pathlib.Path(tempfile.mkdtemp()))
    >>> with writer.held():
    ...     writer.is_held
    True
    """

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(home / LOCK, thread_local=False, is_singleton=True)

    @property
    def is_held(self) -> bool:
        """Whether this process holds the right."""
        return self._lock.is_locked

    def acquire(self, wait_s: float = 0.0) -> None:
        """Take the right, for as long as `release` is not called as often.

        Raises
        ------
        Unavailable
            Where another process holds it for longer than ``wait_s`` seconds.
        """
        try:
            self._lock.acquire(timeout=wait_s)
        except Timeout:
            raise Unavailable("the right to write", f"{LOCK} held by another process",
                              "send the rows to the running service, or stop it") from None

    def release(self) -> None:
        """Give back one `acquire`."""
        self._lock.release()

    @contextmanager
    def held(self, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the right inside a block; Unavailable as in `acquire`."""
        self.acquire(wait_s)
        try:
            yield
        finally:
            self.release()
