"""How the kernel's functions are compiled.

They make no array, so numba's reference counts, half of the time otherwise, are left out. Only
`features.engine.kernel.loop` and what Python calls itself are kept on disk.
"""

from __future__ import annotations

from typing import Any, Final

from numba import njit

_BARE: Final[dict[str, Any]] = {"_nrt": False}
inner: Final = njit(**_BARE)
outer: Final = njit(cache=True, **_BARE)
