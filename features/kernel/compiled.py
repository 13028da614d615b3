"""How the kernel's functions are compiled.

They make no array, so numba's reference counts, half of the time otherwise, are left out. Only
`features.kernel.loop` and what Python calls itself are kept on disk.
"""

from __future__ import annotations

from typing import Final

from numba import njit

inner: Final = njit(_nrt=False)
outer: Final = njit(cache=True, _nrt=False)
