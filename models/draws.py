"""Random draws by a salted hash: the same parts give the same number, always and everywhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

APART: Final = "\x1f"
"""Between the parts, so that no two lists of parts read the same."""
BYTES: Final = 7
"""As many as a float holds exactly."""


def draw(*parts: str) -> float:
    """A number in [0, 1) that depends on nothing but its parts.

    >>> 0 <= draw("salt", "m-1") < 1 and draw("salt", "m-1") == draw("salt", "m-1")
    True
    """
    digest = hashlib.sha256(APART.join(parts).encode()).digest()
    return int.from_bytes(digest[:BYTES]) / 2.0 ** (8 * BYTES)


def draws(names: Iterable[str], *salt: str) -> npt.NDArray[np.float64]:
    """A draw for each name, shape (n,): those of ``draw(*salt, name)``.

    >>> draws(["m-1", "m-2"], "salt").tolist() == [draw("salt", "m-1"), draw("salt", "m-2")]
    True
    """
    start = hashlib.sha256("".join(part + APART for part in salt).encode())

    def number(name: str) -> int:
        one = start.copy()
        one.update(name.encode())
        return int.from_bytes(one.digest()[:BYTES])

    return np.fromiter(map(number, names), dtype=np.int64) / 2.0 ** (8 * BYTES)
