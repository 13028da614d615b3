"""What an event is labelled, of all that was said of it: sources weigh differently, all are kept.

A bank that took the money back knows more than an auditor who went there, he more than who heard
an appeal and granted it, and he more than the first review. Of two that know the same the later
decision counts, and of two of one moment the one that arrived later. An appeal that was turned
down is no more than a second review. Nothing is thrown away: the journal keeps every label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.contract import LABELS, SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable

Ints = npt.NDArray[np.int64]

LEGIT: Final = LABELS.index("legit")
FRAUD: Final = LABELS.index("fraud")
APPEAL: Final = SOURCES.index("appeal")
RANKS: Final[dict[str, int]] = {"chargeback": 3, "audit": 2, "appeal": 1, "review": 0}
"""How much a source knows; a source that was not told counts as a review."""
COLUMNS: Final = ("event_id", "label", "source", "decided_at", "place", "seq")
"""What is read of a row of feedback, as integers; an unknown source is no position of `SOURCES`."""
_BY_SOURCE: Final = np.array([RANKS[name] for name in SOURCES], dtype=np.int64)


def rank(source: Ints, label: Ints) -> Ints:
    """How much labels count, shape (n,): more beats later.

    >>> names = ["chargeback", "audit", "appeal", "appeal", "review"]
    >>> source = np.array([SOURCES.index(name) for name in names])
    >>> rank(source, np.array([LEGIT, FRAUD, LEGIT, FRAUD, FRAUD])).tolist()
    [3, 2, 1, 0, 0]
    """
    told = (source >= 0) & (source < len(SOURCES))
    found = np.where(told, _BY_SOURCE[np.where(told, source, 0)], 0)
    return np.where((source == APPEAL) & (label == FRAUD), 0, found)


def resolve(feedback: pd.DataFrame, until_ms: int | None = None) -> pd.DataFrame:
    """One row an event, of all its labels; what was decided after a moment is left out.

    Parameters
    ----------
    feedback : DataFrame
        Rows of the journal's table, integers: `COLUMNS`; ``source`` may be left out.
    until_ms : int, optional
        Only decisions before this moment, UTC milliseconds.

    Returns
    -------
    DataFrame
        ``event, target`` (1 fraud, 0 honest), ``decided_ms, source`` of the label that counts,
        and ``disagreed``: not all of its labels say the same. In order of event number.

    Examples
    --------
    >>> rows = pd.DataFrame([(7, FRAUD, 1, 10, 10, 1), (7, LEGIT, 0, 20, 20, 2)], columns=COLUMNS)
    >>> resolve(rows)[["event", "target", "decided_ms", "disagreed"]].values.tolist()
    [[7, 1, 10, True]]
    """
    rows = feedback if until_ms is None else feedback[feedback["decided_at"] < until_ms]
    source = (rows["source"] if "source" in rows else pd.Series(-1, rows.index)).to_numpy(np.int64)
    ordered = rows.assign(source=source, rank=rank(source, rows["label"].to_numpy(np.int64)))
    ordered = ordered.sort_values(["event_id", "rank", "decided_at", "place", "seq"],
                                  kind="stable")
    last = ordered.drop_duplicates("event_id", keep="last")
    spread = ordered.groupby("event_id")["label"].nunique()
    return pd.DataFrame({
        "event": last["event_id"].to_numpy(np.int64),
        "target": (last["label"] == FRAUD).to_numpy().astype(np.int64),
        "decided_ms": last["decided_at"].to_numpy(np.int64),
        "source": last["source"].to_numpy(np.int64),
        "disagreed": spread.loc[last["event_id"]].to_numpy() > 1,
    })


def resolved(rows: Iterable[tuple[Any, ...]]) -> dict[int, int]:
    """Label of each event, as a position of `LABELS`, of rows read from a store in any order.

    Parameters
    ----------
    rows : iterable of tuple
        `COLUMNS` of each; None is an unknown source.

    Examples
    --------
    >>> resolved([(7, LEGIT, 0, 20, 20, 2), (7, FRAUD, 1, 10, 10, 1), (8, FRAUD, None, 5, 5, 3)])
    {7: 1, 8: 1}
    """
    best: dict[int, tuple[tuple[int, ...], int]] = {}
    for event, label, source, decided, place, seq in rows:
        weight = (_rank_of(source, int(label)), int(decided), int(place), int(seq))
        if int(event) not in best or weight >= best[int(event)][0]:
            best[int(event)] = weight, int(label)
    return {event: label for event, (_, label) in best.items()}


def _rank_of(source: int | None, label: int) -> int:
    if source is None or not 0 <= source < len(SOURCES) or (source == APPEAL and label == FRAUD):
        return 0
    return RANKS[SOURCES[source]]
