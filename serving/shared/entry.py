"""One transaction as it travels between replicas: from which head to which, and its records."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.errors import Conflict
from features.records import COLUMNS
from features.store.head import Head

if TYPE_CHECKING:
    from features.places import Ints

HEADER: Final = struct.Struct("<10q")
"""Two heads of four integers, whether it taught, and how many records."""
DIGEST_BYTES: Final = 16
LEVEL: Final = 1
"""Of zlib: records are mostly unknown values; the quickest level leaves a sixth of them."""


class Entry(NamedTuple):
    """What a transaction, or several in a row, added to a journal.

    Parameters
    ----------
    before, after : Head
        Between which heads.
    records : shape (n, len(COLUMNS))
        Every record whose ``seq`` lies between them, in the order of the stream.
    is_taught : bool
        Whether anything but judged events was written: then deny list and languages are read.

    Examples
    --------
    >>> records = np.zeros((1, len(COLUMNS)), dtype=np.int64)
    >>> entry = Entry(Head(), Head(1, 77, 1, 9), records, False)
    >>> Entry.unpack(entry.pack()).after
    Head(number=1, mark=77, seq=1, place=9)
    """

    before: Head
    after: Head
    records: Ints
    is_taught: bool

    def pack(self) -> bytes:
        """Write it as bytes that begin with a digest of the rest."""
        body = HEADER.pack(*self.before, *self.after, int(self.is_taught), len(self.records))
        body += zlib.compress(self.records.tobytes(), LEVEL)
        return _digest(body) + body

    @classmethod
    def unpack(cls, packed: bytes) -> Entry:
        """Read it back; Conflict where a byte is not as it was written."""
        body = packed[DIGEST_BYTES:]
        if _digest(body) != packed[:DIGEST_BYTES] or len(body) < HEADER.size:
            raise Conflict("an entry as it was written", "a damaged one", "read the journal")
        *heads, taught, count = HEADER.unpack_from(body)
        records = np.frombuffer(zlib.decompress(body[HEADER.size:]), dtype=np.int64)
        return cls(Head(*heads[:4]), Head(*heads[4:]), records.reshape(count, len(COLUMNS)),
                   bool(taught))


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=DIGEST_BYTES).digest()
