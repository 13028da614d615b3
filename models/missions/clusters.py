"""Who is drawn together: partners who share an outlet or a rep talk to each other.

Where one partner of a shop gets a mission and the other is held out of it, the second hears of it
and the comparison is spoilt. So a shop is one draw, and so are the few partners of one rep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Objects = npt.NDArray[np.object_]
SHARED: Final = 2
"""Partners from which an outlet or rep is shared."""
MOST_OF_A_REP: Final = 30
"""Partners of a rep beyond whom they do not know each other. A judgement: a round of visits."""


def clusters(
    names: Sequence[str], outlet: Any, rep: Any, outlet_names: Any = None, rep_names: Any = None
) -> Objects:
    """Name of the cluster of each of n members, shape (n,).

    Parameters
    ----------
    names : sequence of str, length n
        Member ids: the cluster of who shares nothing.
    outlet, rep : shape (n,)
        Numbers of the own outlet and of who enrolled the member; 0 and NaN are unknown.
    outlet_names, rep_names : shape (n,), optional
        Their ids, so that the draw is the same in another store; None: the numbers.

    Examples
    --------
    >>> clusters(["a", "b", "c", "d", "e"], [7, 7, 8, 0, 0], [0, 0, 3, 3, 4]).tolist()
    ['outlet:7', 'outlet:7', 'rep:3', 'rep:3', 'e']
    """
    found = np.array(names, dtype=object)
    alone = np.ones(len(found), dtype=bool)
    for word, numbers, called, most in (("outlet", outlet, outlet_names, len(found)),
                                        ("rep", rep, rep_names, MOST_OF_A_REP)):  # fmt: skip
        number = np.nan_to_num(np.asarray(numbers, dtype=np.float64)).astype(np.int64)
        size = np.bincount(number[alone], minlength=int(number.max(initial=0)) + 1)[number]
        together = alone & (number > 0) & (size >= SHARED) & (size <= most)
        label = number if called is None else np.asarray(called, dtype=object)
        found[together] = [f"{word}:{one}" for one in label[together]]
        alone &= ~together
    return found
