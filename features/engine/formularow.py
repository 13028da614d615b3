"""All formulas over one row: the same bits as `expression.evaluate`, without its blocks.

A block of rows shares the work of reading an operation; one row alone pays for the loops around
it at every step, and an event that waits for its verdict is one row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.compiling import compiled
from features.engine.expression import ADD, CONST, DEPTH, LOAD, MUL, NEG, SUB, WHERE, _one, _two
from features.places import MISSING


@compiled(nogil=True)
def evaluate_row(
    code: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], row: npt.NDArray[np.int64],
    out: npt.NDArray[np.float64],
) -> None:  # pragma: no cover
    """Evaluate every formula on one row.

    Parameters
    ----------
    code : shape (n, 2)
    starts : shape (formulas + 1,)
        As in `expression.evaluate`.
    row : shape (integers,)
        `MISSING` is unknown.
    out : shape (formulas,)
        Filled in place; NaN is unknown.
    """
    stack = np.empty(DEPTH)
    for formula in range(len(starts) - 1):
        top = -1
        for at in range(starts[formula], starts[formula + 1]):
            op, argument = code[at, 0], code[at, 1]
            if op == LOAD:
                top += 1
                value = row[argument]
                stack[top] = np.nan if value == MISSING else float(value)
            elif op == CONST:
                top += 1
                stack[top] = float(argument)
            elif op == WHERE:
                top -= 2
                picks = stack[top]
                if not np.isnan(picks):
                    stack[top] = stack[top + (1 if picks != 0.0 else 2)]
            elif op >= NEG:
                stack[top] = _one(op, stack[top])
            else:
                top -= 1
                if op == ADD:
                    stack[top] += stack[top + 1]
                elif op == SUB:
                    stack[top] -= stack[top + 1]
                elif op == MUL:
                    stack[top] *= stack[top + 1]
                else:
                    stack[top] = _two(op, stack[top], stack[top + 1])
        out[formula] = stack[0]
