"""Random draws by a salted hash: the same parts give the same number, always and everywhere."""

from __future__ import annotations

import hashlib


def draw(*parts: str) -> float:
    """A number in [0, 1) that depends on nothing but its parts.

    >>> 0 <= draw("salt", "m-1") < 1 and draw("salt", "m-1") == draw("salt", "m-1")
    True
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return int.from_bytes(digest[:7]) / 2.0**56
