"""Standard output kept clean of what a C library prints there."""

from __future__ import annotations

import ctypes
import os
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NOISE: Final = b"HighsMipSolverData::"
"""HiGHS 1.12 prints such lines whatever it is told (ERGO-Code/HiGHS issue 2783)."""
_LOCK: Final = threading.Lock()
_STDOUT: Final = 1


@contextmanager
def without_noise() -> Iterator[None]:
    """Hold back standard output, then write it without the lines of the library.

    What other threads write meanwhile comes out afterwards; only one may hold it at a time.
    """
    with _LOCK, tempfile.TemporaryFile() as held:
        library = ctypes.CDLL(None)
        library.fflush(None)
        real = os.dup(_STDOUT)
        os.dup2(held.fileno(), _STDOUT)
        try:
            yield
        finally:
            library.fflush(None)
            os.dup2(real, _STDOUT)
            held.seek(0)
            kept = [line for line in held if not line.startswith(NOISE)]
            if kept:
                os.write(real, b"".join(kept))
            os.close(real)
