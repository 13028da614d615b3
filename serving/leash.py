"""A process ends with the one that started it, however that one ended."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LEASH: Final = "JAGA_LEASH"
"""Set by `jaga serve` for what it starts; unset, a process belongs to nobody and stays."""
EVERY_S: Final = 0.5
GRACE_S: Final = 20.0
"""How long an orphan may take to finish what waits."""


def put_on_leash(environment: Mapping[str, str] | None = None) -> None:
    """End this process by SIGTERM once its parent is gone, where `LEASH` is set.

    Without it a service whose starter was killed would go on holding the port and the right to
    write, and the next start could have neither.
    """
    environment = os.environ if environment is None else environment
    if not environment.get(LEASH):
        return
    starter, parent = int(environment[LEASH]), os.getppid()
    threading.Thread(target=_follow, args=(starter, parent), name="leash", daemon=True).start()


def _follow(starter: int, parent: int) -> None:
    """Wait until the parent changed, or the starter is gone: it may be before this began."""
    while os.getppid() == parent and _is_there(starter):
        time.sleep(EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as somebody else
        return True
    return True
