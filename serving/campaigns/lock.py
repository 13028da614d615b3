"""One run of campaigns at a time: HOME/campaigns.lock, freed when its process dies."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from features.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.home import Home

LOCK: Final = "campaigns.lock"


@contextmanager
def one_run(home: Home) -> Iterator[None]:
    """Hold the lock inside a block.

    Where several machines share a database, each has a lock of its own; then the diary, which
    takes a day of a campaign once, keeps the second from deciding again.

    Raises
    ------
    Unavailable
        Where another run is at work.
    """
    home.path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.path / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Unavailable("one run of campaigns at a time", "another one at work",
                          "wait until it ends; running again is harmless") from None
    try:
        yield
    finally:
        lock.release()
