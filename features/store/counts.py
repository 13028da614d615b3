"""What became of the rows of a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass
class Counts:
    """Rows of one table: read, new, same as before, changed versions, and rejected ones.

    Examples
    --------
    >>> (Counts(read=2, new=1, rejects=1) + Counts(read=1, same=1)).as_dict()
    {'read': 3, 'new': 1, 'same': 1, 'versions': 0, 'rejects': 1}
    """

    read: int = 0
    new: int = 0
    same: int = 0
    versions: int = 0
    rejects: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{name: count + getattr(other, name)
                         for name, count in asdict(self).items()})

    def as_dict(self) -> dict[str, int]:
        """Names and counts, for JSON."""
        return asdict(self)
