"""Which columns of a served row a model reads, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from features.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = npt.NDArray[np.float64]


class Hashed(Protocol):
    """A catalogue that knows the hash of each definition."""

    @property
    def hashes(self) -> Mapping[str, str]:
        """Hash of each definition by name."""


class Columns:
    """Picks a model's features out of rows that may hold more, in another order.

    Parameters
    ----------
    wanted : sequence of str
        The model's features.
    given : sequence of str, optional
        The features of the rows to come; the same as ``wanted`` if left out.

    Attributes
    ----------
    places : shape (wanted,)
        Position of each wanted feature in the rows to come.

    Raises
    ------
    BadInput
        Where a wanted feature is not given.

    Examples
    --------
    >>> Columns(["b", "a"], ["a", "b", "c"]).take(np.array([1.0, 2.0, 3.0]))
    array([2., 1.])
    """

    def __init__(self, wanted: Sequence[str], given: Sequence[str] | None = None) -> None:
        given = wanted if given is None else given
        place = {name: index for index, name in enumerate(given)}
        if missing := [name for name in wanted if name not in place]:
            raise BadInput("every feature of the model", f"none named {', '.join(missing[:5])}",
                           "train a bundle with the features of today")
        self.places = np.array([place[name] for name in wanted], dtype=np.intp)
        self._given = len(given)
        self._is_same = list(wanted) == list(given)

    def take(self, rows: Floats) -> Floats:
        """Columns of a row (features,) or matrix (n, features); BadInput for another width."""
        if rows.shape[-1] != self._given:
            raise BadInput(f"rows of {self._given} features", f"{rows.shape[-1]}",
                           "bind the model to the catalogue that made the rows")
        if self._is_same:
            return rows
        return rows.take(self.places) if rows.ndim == 1 else rows[..., self.places]


def check_hashes(wanted: Mapping[str, str], catalogue: Hashed) -> None:
    """Refuse a catalogue in which a needed feature is missing or defined differently.

    Parameters
    ----------
    wanted : dict
        Name and hash of every feature that the models need.
    catalogue : Hashed
        Features of today; those that nobody needs do not matter.

    Raises
    ------
    BadInput
        Naming the first such feature, the hash of its definition then and now, and how many
        more there are.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> check_hashes({"a": "1"}, SimpleNamespace(hashes={"a": "2"}))
    Traceback (most recent call last):
        ...
    features.errors.BadInput: Wanted the features the bundle was trained on; came a changed...
    """
    today = catalogue.hashes
    other = [name for name, own in wanted.items() if today.get(name) != own]
    if not other:
        return
    name = other[0]
    how, now = ("changed", today[name]) if name in today else ("missing", "not declared")
    more = f" and {len(other) - 1} more" if len(other) > 1 else ""
    raise BadInput(
        "the features the bundle was trained on",
        f"a {how} feature {name} (trained on {wanted[name]}, today {now}){more}",
        "restore the declaration, or train a new bundle with the features of today")
