"""How far out an event's signs are among comparable events, without any label.

A sign (`features.catalog.signs`) is zero where there is nothing to see. Its surprise is the
negative decimal logarithm of the share of comparable events whose sign is at least as strong: 3
for one in a thousand. What nobody ever shows is the strongest evidence a new program has; what
many honest members show, such as a busy hour, surprises little by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.catalog.signs import PREFIX
from features.compiling import compiled
from features.contract import EVENT_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
STEPS: Final = 1_000
"""Values kept of each tail: the largest one by one, the others at even ranks."""
LEAST: Final = 200
"""Fewest comparable events; with fewer a sign says nothing."""
STRONGEST: Final = ("signs_strongest", "signs_two", "signs_three")
"""Names of `summed`'s columns."""
KIND: Final = "event_kind"
"""Feature that says what is compared with what."""


def sign_names(names: Iterable[str]) -> tuple[str, ...]:
    """Names of the signs among features, a program's own included.

    >>> sign_names(["event_points", "sign_far", "sign_own"])
    ('sign_far', 'sign_own')
    """
    return tuple(name for name in names if name.startswith(PREFIX))


@dataclass(frozen=True)
class SignTails:
    """Tails of each sign, by kind of event.

    Parameters
    ----------
    values : shape (total,)
        Values above zero in rising order, one kind and sign behind the other.
    counts : shape (total,)
        Reference events with at least that value.
    offsets : shape (kinds * signs + 1,)
        Where each tail begins.
    rows : shape (kinds,)
        Reference events of each kind.
    signs : int

    Examples
    --------
    >>> signs = np.zeros((1000, 1)); signs[:10] = 5.0
    >>> tails = SignTails.fit(signs, np.zeros(1000, dtype=np.int64), kinds=1)
    >>> tails.surprises(np.array([[5.0], [9.0], [0.0]]), np.zeros(3, dtype=np.int64)).round(2)
    array([[1.98],
           [3.3 ],
           [0.  ]])
    """

    values: Floats
    counts: Floats
    offsets: Ints
    rows: Ints
    signs: int

    @classmethod
    def fit(cls, matrix: Floats, kind: Ints, kinds: int = len(EVENT_KINDS)) -> SignTails:
        """Learn tails of a matrix of signs, shape (n, signs), NaN and zero meaning none."""
        rows = np.bincount(kind, minlength=kinds).astype(np.int64)
        tails = [_tail(matrix[kind == one, sign])
                 for one in range(kinds) for sign in range(matrix.shape[1])]
        offsets = np.concatenate([[0], np.cumsum([len(values) for values, _ in tails])])
        return cls(np.concatenate([values for values, _ in tails] or [np.empty(0)]),
                   np.concatenate([counts for _, counts in tails] or [np.empty(0)]),
                   offsets.astype(np.int64), rows, matrix.shape[1])

    def surprises(self, matrix: Floats, kinds: Ints) -> Floats:
        """Surprise of each sign, shape (n, signs); zero where there is no sign."""
        return _surprises(np.ascontiguousarray(matrix, dtype=np.float64),
                          np.asarray(kinds, dtype=np.int64), self.values, self.counts,
                          self.offsets, self.rows)

    def strongest_row(self, row: Floats, places: Ints, kind: int) -> tuple[float, float, float]:
        """`summed` of one row, shape (features,), whose signs are in these places.

        >>> signs = np.zeros((1000, 1)); signs[:10] = 5.0
        >>> tails = SignTails.fit(signs, np.zeros(1000, dtype=np.int64), kinds=1)
        >>> tails.strongest_row(np.array([7.0, 5.0]), np.array([1]), 0)
        (1.97, 1.97, 1.97)
        """
        found: tuple[float, float, float] = _strongest_row(
            row, places, kind, self.values, self.counts, self.offsets, self.rows)
        return found

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays to store."""
        return {"values": self.values, "counts": self.counts, "offsets": self.offsets,
                "rows": self.rows, "signs": np.array([self.signs])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> SignTails:
        """Tails of stored arrays."""
        return cls(arrays["values"], arrays["counts"], arrays["offsets"], arrays["rows"],
                   int(arrays["signs"][0]))


class SignReader:
    """Adds to rows of features how far out their signs are, all taken together.

    Parameters
    ----------
    names : sequence of str
        Features of the rows; `KIND` and at least one sign among them.
    tails : SignTails
        Of those signs, in their order.
    """

    def __init__(self, names: Sequence[str], tails: SignTails) -> None:
        place = {name: index for index, name in enumerate(names)}
        self.tails = tails
        self.features = len(names)
        self._kind = place[KIND]
        self._places = np.array([place[name] for name in sign_names(names)], dtype=np.int64)

    @classmethod
    def fit(cls, names: Sequence[str], rows: Floats) -> SignReader | None:
        """Learn tails of rows, shape (n, features); None where the features hold no sign."""
        places = [index for index, name in enumerate(names) if name in set(sign_names(names))]
        if not places or KIND not in names:
            return None
        kinds = _kinds(rows[:, list(names).index(KIND)])
        return cls(names, SignTails.fit(rows[:, places], kinds))

    def read(self, rows: Floats) -> tuple[Floats, Floats]:
        """Rows with `STRONGEST` behind them, and the surprise of each sign."""
        surprises = self.tails.surprises(rows[:, self._places], _kinds(rows[:, self._kind]))
        return np.hstack([rows, summed(surprises)]), surprises

    def read_row(self, row: Floats) -> Floats:
        """One row, shape (features,), with `STRONGEST` behind it: equal to `read`."""
        found = np.empty(self.features + len(STRONGEST))
        found[: self.features] = row
        found[self.features :] = self.tails.strongest_row(row, self._places, self._kind_of(row))
        return found

    def told_row(self, parts: Floats, row: Floats) -> Floats:
        """Parts of one row that `read_row` read, shape (features + 1,): equal to `told`."""
        surprises = self.tails.surprises(
            row[None, self._places], np.array([self._kind_of(row)]))[0]
        strongest = surprises.argmax()
        whole = np.append(parts[: self.features], parts[-1])
        whole[self._places[strongest] if surprises[strongest] > 0 else -1] += (
            parts[self.features : -1].sum())
        return whole

    def _kind_of(self, row: Floats) -> int:
        kind = row.item(self._kind)
        return 0 if kind != kind else int(kind)

    def told(self, parts: Floats, surprises: Floats) -> Floats:
        """Parts by feature: what all signs add goes to the strongest, or to the base without one.

        Parameters
        ----------
        parts : shape (n, features + 3 + 1)
            Contributions to the margin of rows that were read, the base last.

        Returns
        -------
        shape (n, features + 1)
            Rows add up to the same.
        """
        whole = np.hstack([parts[:, :self.features], parts[:, -1:]])
        strongest = np.where(surprises.max(axis=1) > 0,
                             self._places[surprises.argmax(axis=1)], self.features)
        whole[np.arange(len(whole)), strongest] += parts[:, self.features:-1].sum(axis=1)
        return whole


def _kinds(column: Floats) -> Ints:
    """Kinds of events by the feature that holds them; an unknown one counts as a scan."""
    return np.nan_to_num(column, nan=0.0).astype(np.int64)


def summed(surprises: Floats) -> Floats:
    """Running sums of the three strongest surprises of each row, shape (n, 3).

    >>> summed(np.array([[1.0, 0.0, 4.0, 2.0]]))
    array([[4., 6., 7.]])
    """
    rows, signs = surprises.shape
    padded = surprises if signs >= len(STRONGEST) else np.hstack(
        [surprises, np.zeros((rows, len(STRONGEST) - signs))])
    top = -np.sort(-padded, axis=1)[:, :len(STRONGEST)]
    return np.cumsum(top, axis=1)


def _tail(column: Floats) -> tuple[Floats, Floats]:
    values = np.sort(column[column > 0])
    edges, first = np.unique(values, return_index=True)
    counts = (len(values) - first).astype(np.float64)
    if len(edges) > STEPS:
        half = STEPS // 2
        spread = np.linspace(0, len(edges) - half - 1, half).astype(np.int64)
        kept = np.unique(np.concatenate([spread, np.arange(len(edges) - half, len(edges))]))
        edges, counts = edges[kept], counts[kept]
    return edges, counts


@compiled(nogil=True)
def _surprises(matrix, kinds, values, counts, offsets, rows):  # type: ignore[no-untyped-def]
    many, signs = matrix.shape
    found = np.zeros((many, signs))
    for row in range(many):
        kind = kinds[row]
        if kind < 0 or kind >= len(rows) or rows[kind] < LEAST:
            continue
        for sign in range(signs):
            x = matrix[row, sign]
            if not x > 0.0:
                continue
            low, high = offsets[kind * signs + sign], offsets[kind * signs + sign + 1]
            end = high
            while low < high:
                middle = (low + high) // 2
                if values[middle] < x:
                    low = middle + 1
                else:
                    high = middle
            beyond = counts[low] if low < end else 0.0
            found[row, sign] = -np.log10((beyond + 0.5) / (rows[kind] + 1.0))
    return found


@compiled()
def _strongest_row(row, places, kind, values, counts, offsets, rows):  # type: ignore[no-untyped-def]
    signs = np.empty((1, len(places)))
    for sign in range(len(places)):
        signs[0, sign] = row[places[sign]]
    found = _surprises(signs, np.array([kind]), values, counts, offsets, rows)[0]
    one = two = three = 0.0
    for surprise in found:
        if surprise > one:
            one, two, three = surprise, one, two
        elif surprise > two:
            two, three = surprise, two
        elif surprise > three:
            three = surprise
    return one, one + two, one + two + three
