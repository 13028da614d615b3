"""What is known of events: labels of the journal, and the sealed truth of a simulated one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import BadInput
from models.labelled import COLUMNS, resolve

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from features.places import Ints
    from features.store.journal import Journal

UNKNOWN: Final = -1
HONEST: Final = 0
FRAUD: Final = 1
NEEDED: Final = ("event_id", "is_fraud", "pattern", "look_alike")
"""Columns of ``truth/events.parquet``, as the contract has them."""


@dataclass(frozen=True)
class Known:
    """What is known of n events.

    Parameters
    ----------
    target : int8, shape (n,)
        1 fraud, 0 honest, -1 where nobody said; that is never taken for honest.
    pattern, look_alike : object, shape (n,), or None
        Words of the truth, empty where none; None for labels.
    """

    target: npt.NDArray[np.int8]
    pattern: npt.NDArray[np.object_] | None = None
    look_alike: npt.NDArray[np.object_] | None = None


def read_labels(journal: Journal, event: Ints, until: int) -> tuple[Known, list[str]]:
    """Read what feedback known before a place says of events; `models.labelled` says which.

    Parameters
    ----------
    event : shape (n,)
        Numbers of the events.
    until : int
        Just after the journal's last event.

    Returns
    -------
    labels : Known
    notes : list of str
        Labels that disagree, and labels of events that the journal does not hold, in sentences.
    """
    last = resolve(journal.frame("feedback", until, columns=COLUMNS[:4]))
    spread = int(last["disagreed"].sum())
    is_held = np.isin(last["event"].to_numpy(), event)
    notes = []
    if spread:
        notes.append(f"Labels of {spread:,} events disagree; that of the source that knows "
                     "most counts.")
    if not is_held.all():
        notes.append(f"Labels of {int((~is_held).sum()):,} events that the journal did not judge "
                     "are left out.")
    return Known(_aligned(event, last["event"].to_numpy(),
                          last["target"].to_numpy().astype(np.int8))), notes


def read_weights(journal: Journal, event: Ints) -> npt.NDArray[np.float64] | None:
    """How many events each stands for, by the random releases stored; None where there are none.

    What was let through by chance stands for all that was eligible, by 1 / chance; what was
    eligible and held is then left out.
    """
    with journal.database.reading() as store:
        rows = store.rows("SELECT event_id, release_chance, released FROM verdicts "
                          "WHERE program = ? AND release_chance > 0", (journal.key,))
    if not any(released for _, _, released in rows):
        return None
    found = np.ones(len(event))
    at = _positions(event, np.array([int(row[0]) for row in rows], dtype=np.int64))
    values = np.array([1 / chance if released else 0.0 for _, chance, released in rows])
    found[at >= 0] = values[at[at >= 0]]
    return found


def read_truth(journal: Journal, event: Ints, folder: Path) -> tuple[Known, list[str]]:
    """Read the sealed truth of a simulated export, after everything has been judged.

    Raises
    ------
    BadInput
        Where there is none, or it is of another program.
    """
    path = folder / "truth" / "events.parquet"
    try:
        table = pq.read_table(path, columns=list(NEEDED))
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise BadInput(f"truth/events.parquet with {', '.join(NEEDED)}, as jaga simulate writes it",
                       f"{folder.name}: {type(error).__name__}",
                       "name the folder of a simulated export") from error
    number = journal.numbers("event", table["event_id"].to_pylist())
    is_held = np.isin(number, event)
    if not is_held.any():
        raise BadInput("the truth of this journal's events", f"that of others in {folder.name}",
                       "name the export that was ingested")
    missing = int((~is_held).sum())
    notes = [f"The truth tells of {missing:,} events that the journal does not hold; they are "
             "left out."] if missing else []
    number, table = number[is_held], table.filter(pa.array(is_held))
    is_fraud = table["is_fraud"].to_numpy(zero_copy_only=False).astype(np.int8)
    words = [_words(event, number, table[name]) for name in ("pattern", "look_alike")]
    return Known(_aligned(event, number, is_fraud), *words), notes


def _aligned(event: Ints, number: Ints, values: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Values of numbers in the order of events, `UNKNOWN` for the others."""
    found = np.full(len(event), UNKNOWN, dtype=np.int8)
    at = _positions(event, number)
    found[at >= 0] = values[at[at >= 0]]
    return found


def _words(event: Ints, number: Ints, column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    values = np.array([word or "" for word in column.to_pylist()], dtype=object)
    found = np.full(len(event), "", dtype=object)
    at = _positions(event, number)
    found[at >= 0] = values[at[at >= 0]]
    return found


def _positions(event: Ints, number: Ints) -> Ints:
    """Where each event stands among some numbers, -1 where it does not; the last of a number."""
    if not len(number):
        return np.full(len(event), -1, dtype=np.int64)
    order = np.argsort(number, kind="stable")
    at = np.searchsorted(number[order], event, side="right") - 1
    is_there = (at >= 0) & (number[order][at] == event)
    return np.where(is_there, order[at], -1)
