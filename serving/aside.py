"""Work that nobody waits for gives way to work that somebody waits for."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Final

LAST: Final = 19
"""The lowest priority there is (nice(2)); it gets what others leave."""


def give_way() -> None:
    """Let this thread run behind all others, where the system has priorities of threads."""
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LAST)
