"""Sync: dispatch data that reaches the program late, and so makes honest labels look forged.

It happens once the brand's new system has taken over; before that the lists are complete. A carton
whose dispatch is late is known as printed until then, so each of its codes is there twice. Of a
stale code file the program knows nothing at all until somebody loads it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.simulate.calendars import DAY
from training.simulate.codes import COLUMNS, PRINTED_STATUS, Codes
from training.simulate.outcomes import HELD
from training.simulate.sheet import AUTO, FRESH, IN_ORDER, NONE, Sheet

if TYPE_CHECKING:
    from training.simulate.program import World

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

UNSYNCED: Final = 0.022
"""Share of the cartons whose dispatch comes late, once the new system runs."""
STALE: Final = 0.0016
"""Share of all events that meet a stale code file."""
STALE_SCANS: Final = (22, 70)
"""How many scans it takes until somebody loads the file again; and the days at most."""
STALE_DAYS: Final = 13
HELD_UNKNOWN: Final = 0.3
"""Share of the claims on unknown codes that the old engine puts aside."""
_NEVER: Final = np.iinfo(np.int64).max


def sync_late(world: World, sheet: Sheet, table: Codes, tests: Ints
              ) -> tuple[Codes, Array, Array]:
    """Let the dispatch of some cartons and print runs become known only after their first scans.

    Parameters
    ----------
    tests : array of int
        Lots of the brand's own test batches; their dispatch is always late.

    Returns
    -------
    Codes, mask of the events before their carton's sync, mask of those under a stale file.
    """
    dice = world.dice("sync")
    fresh = np.flatnonzero((sheet["code_mode"] == FRESH) | (sheet["code_mode"] == IN_ORDER))
    at = np.argsort(table["code"], kind="stable")
    box = table["carton"][at[np.searchsorted(table["code"][at], sheet["code"][fresh])]]
    cartons = int(table["carton"].max(initial=-1)) + 1
    first, sent, tested = np.full(cartons, _NEVER), np.full(cartons, NONE), np.zeros(cartons, bool)
    np.minimum.at(first, box, sheet["time"][fresh])
    sent[table["carton"]] = table["dispatched"]
    tested[box[np.isin(sheet["lot"][fresh], tests)]] = True
    loaded = _stale_files(world, sheet, fresh, sent[box], dice)[sheet["batch"][fresh]]
    until = np.full(cartons, NONE)
    np.maximum.at(until, box, loaded)
    stale = (until > sent) & (sent >= 0) & ~tested
    late = (sent > world.codes_complete_until) & (dice.random(cartons) < UNSYNCED) & ~stale
    late |= tested
    known = np.where(late, first + (dice.gamma(2, 1.2, cartons) * DAY).astype(np.int64),
                     np.where(stale, until, NONE))
    early = np.zeros((2, len(sheet)), dtype=bool)
    for row, which in enumerate((late, stale)):
        early[row, fresh] = which[box] & (sheet["time"][fresh] < known[box])
    aside = early[1] & (sheet["outcome"] == AUTO) & (dice.random(len(sheet)) < HELD_UNKNOWN)
    sheet["outcome"] = np.where(aside, HELD, sheet["outcome"])
    return _twice(table, late[table["carton"]], known[table["carton"]]), early[0], early[1]


def _stale_files(world: World, sheet: Sheet, fresh: Array, sent: Ints,
                 dice: np.random.Generator) -> Ints:
    """When the file of each print run was loaded again; -1 for the files that were never stale."""
    batch = sheet["batch"][fresh]
    oldest = np.full(int(batch.max(initial=0)) + 1, _NEVER)
    np.minimum.at(oldest, batch, sent)
    loaded = np.full(len(oldest), NONE)
    left = STALE * len(sheet)
    able = np.unique(batch)
    for number in dice.permutation(able[oldest[able] > world.codes_complete_until]).tolist():
        times = np.sort(sheet["time"][fresh[batch == number]])
        wanted = int(dice.integers(*STALE_SCANS))
        if left <= 0 or len(times) <= wanted:
            continue
        loaded[number] = min(times[wanted], times[0] + STALE_DAYS * DAY)
        left -= wanted
    return loaded


def _twice(table: Codes, late: Array, known: Ints) -> Codes:
    """The late codes as printed, known from the start, and all codes as they are in the end."""
    before = {name: column[late] for name, column in table.columns.items()}
    rows = int(late.sum())
    before |= {"status": np.full(rows, PRINTED_STATUS), "dispatched": np.full(rows, NONE),
               "outlet": np.full(rows, NONE)}
    after = table.columns | {"known": known}
    return Codes({name: np.concatenate([before[name], after[name]]) for name in COLUMNS})
