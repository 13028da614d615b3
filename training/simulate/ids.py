"""Names of things: numbers become short strings that tell nothing about their order.

An honest event and a forged one are numbered in the order in which the simulator thought of them,
so the numbers themselves must not show. A bijection scrambles them first.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]

BITS: Final = 40
_LETTERS: Final = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", dtype=np.uint8)
_MASK: Final = np.uint64((1 << BITS) - 1)
# Odd multipliers of splitmix64 (Steele, Lea, Flood 2014), cut to 40 bits: a bijection each.
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9 & ((1 << BITS) - 1) | 1)
_GOLDEN: Final = 0x9E3779B97F4A7C15
_SECOND: Final = np.uint64(0x94D049BB133111EB & ((1 << BITS) - 1) | 1)


def scramble(numbers: Ints, salt: int) -> npt.NDArray[np.uint64]:
    """Map numbers below 2**40 one to one onto numbers below 2**40 that look random.

    Examples
    --------
    >>> import numpy as np
    >>> len(set(scramble(np.arange(1000), 7).tolist()))
    1000
    """
    with np.errstate(over="ignore"):
        shift = (salt + 1) * _GOLDEN & ((1 << BITS) - 1)
        x = (numbers.astype(np.uint64) + np.uint64(shift)) & _MASK
        for factor in (_FIRST, _SECOND):
            x ^= x >> np.uint64(21)
            x = (x * factor) & _MASK
        return x ^ (x >> np.uint64(19))


def names(prefix: str, numbers: Ints, salt: int) -> pa.Array:
    """Strings ``prefix`` + 8 letters for each number; null where the number is negative.

    Examples
    --------
    >>> import numpy as np
    >>> made = names("e-", np.array([0, -1]), 1)
    >>> len(made[0].as_py()), made[1].as_py()
    (10, None)
    """
    mixed = scramble(np.maximum(numbers, 0), salt)
    shifts = np.arange(BITS - 5, -1, -5, dtype=np.uint64)
    letters = _LETTERS[(mixed[:, None] >> shifts) & np.uint64(31)]
    return _strings(prefix, letters, numbers < 0)


def digits(numbers: Ints, width: int) -> pa.Array:
    """Strings of exactly ``width`` decimal digits; null where the number is negative.

    Examples
    --------
    >>> import numpy as np
    >>> digits(np.array([42, -1]), 4).to_pylist()
    ['0042', None]
    """
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    figures = (np.maximum(numbers, 0)[:, None] // powers) % 10
    return _strings("", _LETTERS[figures], numbers < 0)


def _strings(prefix: str, letters: npt.NDArray[np.uint8], empty: npt.NDArray[np.bool_]) -> pa.Array:
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    rows = len(letters)
    body = np.concatenate([np.broadcast_to(head, (rows, len(head))), letters], axis=1)
    offsets = (np.arange(rows + 1) * body.shape[1]).astype(np.int32)
    whole = pa.StringArray.from_buffers(
        rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(body))
    )
    return pa.compute.if_else(pa.array(~empty), whole, pa.scalar(None, pa.string()))


def chance(numbers: Ints, salt: int) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each number: the same number, the same chance.

    Examples
    --------
    >>> import numpy as np
    >>> low, high, again = chance(np.array([1, 2, 1]), 3)
    >>> bool(low == again), bool(low == high)
    (True, False)
    """
    return scramble(numbers, salt) / float(1 << BITS)
