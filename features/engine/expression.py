"""Stateless formulas over a row of integers, evaluated by one function everywhere.

A formula knows whole numbers, names of integers, ``+ - * / %``, comparisons (1 or 0), ``and``,
``or``, ``not``, the `FUNCTIONS`, and words after a comparison with their column
(``capture == manual``). Unknown in, unknown out, as NaN; ``unknown`` is a word for it, and a
division by zero gives it too. Only operations that IEEE 754 rounds exactly are in, so that every
engine gives the same bits.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.compiling import compiled
from features.engine.clause import WORDS
from features.errors import BadConfig
from features.places import MISSING
from features.syntax import parsed

if TYPE_CHECKING:
    from collections.abc import Callable

LOAD, CONST, ADD, SUB, MUL, DIV, MOD, MIN, MAX, DEFAULT, WHERE = range(11)
EQ, NE, LT, LE, GT, GE, AND, OR = range(11, 19)
NEG, NOT, SQRT, ABS, FLOOR, HOUR, WEEKDAY, KNOWN = range(19, 27)
"""Operations of the stack machine; the last eight take one value."""
FUNCTIONS: Final = {
    "min": (MIN, 2), "max": (MAX, 2), "sqrt": (SQRT, 1), "abs": (ABS, 1), "floor": (FLOOR, 1),
    "hour": (HOUR, 1), "weekday": (WEEKDAY, 1), "known": (KNOWN, 1), "default": (DEFAULT, 2),
    "where": (WHERE, 3),
}
"""Name: operation, number of arguments. ``hour`` and ``weekday`` (Monday 0) take local ms;
``known`` is 1 or 0; ``default(x, d)`` is d where x is unknown; ``where(c, a, b)`` picks."""
LONGEST: Final = 1_000
"""Characters of a formula; a longer one is easier to read as several features."""
EXACT: Final = 1 << 53
"""Largest number a formula may hold: up to here float64 has every whole number."""
BLOCK: Final = 64
"""Rows evaluated at a time: their integers and the stack stay in the nearest cache."""
DEPTH: Final = 32
"""Values a formula may hold at once; deeper ones are refused."""
HOUR_MS: Final = 3_600_000.0
DAY_MS: Final = 86_400_000.0
FIRST_WEEKDAY: Final = 3.0
"""1970-01-01 was a Thursday; Monday is 0."""

Code = list[tuple[int, int]]
Floats = npt.NDArray[np.float64]
_BINARY: Final[dict[type[ast.operator], int]] = {
    ast.Add: ADD, ast.Sub: SUB, ast.Mult: MUL, ast.Div: DIV, ast.Mod: MOD,
}
_COMPARE: Final[dict[type[ast.cmpop], int]] = {
    ast.Eq: EQ, ast.NotEq: NE, ast.Lt: LT, ast.LtE: LE, ast.Gt: GT, ast.GtE: GE,
}


def names_in(formula: str, origin: str) -> tuple[str, ...]:
    """Names a formula reads, each once, in the order of their first use; words left out.

    Examples
    --------
    >>> names_in("where(capture == manual, a / b, a)", "here:1")
    ('capture', 'a', 'b')
    """
    found: dict[str, None] = {}

    def note(name: str) -> Code:
        found[name] = None
        return [(LOAD, 0)]

    compile_formula(formula, origin, note)
    return tuple(found)


def compile_formula(formula: str, origin: str, resolve: Callable[[str], Code]) -> Code:
    """Turn a formula into operations of a stack machine.

    Parameters
    ----------
    formula, origin
        Text, and where it was written.
    resolve : callable
        Code that puts the value of a name on the stack.

    Raises
    ------
    BadConfig
        The text is no formula, is too long, holds a number that is not whole, or an unknown
        function.
    """

    def refuse(wanted: str, node: ast.AST) -> BadConfig:
        return BadConfig(wanted, f"'{ast.unparse(node)}' at {origin}", "mend the formula")

    def visit(node: ast.expr) -> Code:
        match node:
            case ast.Constant(value=int() as value) if type(value) is int and value <= EXACT:
                return [(CONST, value)]
            case ast.Constant():
                raise refuse("a whole number of at most 2 ** 53", node)
            case ast.Name(id="unknown"):
                return [(CONST, 0), (CONST, 0), (DIV, 0)]
            case ast.Name(id=name):
                return resolve(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return [*visit(operand), (NEG, 0)]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return [*visit(operand), (NOT, 0)]
            case ast.BinOp(op=op) if type(op) in _BINARY:
                return [*visit(node.left), *visit(node.right), (_BINARY[type(op)], 0)]
            case ast.BoolOp(op=op, values=values):
                step = (AND if isinstance(op, ast.And) else OR, 0)
                rest = [part for value in values[1:] for part in (*visit(value), step)]
                return [*visit(values[0]), *rest]
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                return [*visit(left), *operand_of(left, right), (_COMPARE[type(op)], 0)]
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                if name not in FUNCTIONS or len(args) != FUNCTIONS[name][1]:
                    raise refuse(f"one of the functions {', '.join(FUNCTIONS)}", node)
                return [*(p for a in args for p in visit(a)), (FUNCTIONS[name][0], 0)]
        raise refuse("numbers, names, operators and functions", node)

    def operand_of(left: ast.expr, right: ast.expr) -> Code:
        if isinstance(left, ast.Name) and isinstance(right, ast.Name):
            words = WORDS.get(left.id, ())
            if right.id in words:
                return [(CONST, words.index(right.id))]
        return visit(right)

    if len(formula) > LONGEST:
        raise BadConfig(f"a formula of at most {LONGEST} characters",
                        f"one of {len(formula)} at {origin}", "split it into several features")
    try:
        return visit(parsed(" ".join(formula.split())))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadConfig("a formula", f"'{formula}' at {origin}", "mend its syntax") from error


def depth_of(code: Code) -> int:
    """Most values that ``code`` holds on the stack at once."""
    height = highest = 0
    for operation, _ in code:
        if operation in (LOAD, CONST):
            height += 1
        elif operation == WHERE:
            height -= 2
        elif operation < NEG:
            height -= 1
        highest = max(highest, height)
    return highest


@compiled(nogil=True)
def _one(op: int, a: float) -> float:  # pragma: no cover
    if op == KNOWN:
        return 0.0 if np.isnan(a) else 1.0
    if op == NEG:
        return -a
    if op == NOT:
        return np.nan if np.isnan(a) else (1.0 if a == 0.0 else 0.0)
    if op == SQRT:
        return np.sqrt(a) if a >= 0.0 else np.nan
    if op == ABS:
        return abs(a)
    if op == HOUR:
        return np.floor(a / HOUR_MS) % 24.0
    if op == WEEKDAY:
        return (np.floor(a / DAY_MS) + FIRST_WEEKDAY) % 7.0
    return np.floor(a)


@compiled(nogil=True)
def _two(op: int, a: float, b: float) -> float:  # pragma: no cover
    if op == DEFAULT:
        return b if np.isnan(a) else a
    if np.isnan(a) or np.isnan(b):
        return np.nan
    if op == ADD:
        return a + b
    if op == SUB:
        return a - b
    if op == MUL:
        return a * b
    if op == DIV:
        return a / b if b != 0.0 else np.nan
    if op == MOD:
        return a % b if b != 0.0 else np.nan
    if op == MIN:
        return min(a, b)
    if op == MAX:
        return max(a, b)
    if op == AND:
        truth = a != 0.0 and b != 0.0
    elif op == OR:
        truth = a != 0.0 or b != 0.0
    elif op == EQ:
        truth = a == b
    elif op == NE:
        truth = a != b
    elif op == LT:
        truth = a < b
    elif op == LE:
        truth = a <= b
    elif op == GT:
        truth = a > b
    else:
        truth = a >= b
    return 1.0 if truth else 0.0


@compiled(nogil=True)
def _step(op: int, stack: Floats, top: int, count: int) -> None:  # pragma: no cover
    """Apply an operation that takes values to a block of rows; ``top`` is where it leaves its."""
    if op == WHERE:
        for row in range(count):
            picks = stack[top, row]
            if not np.isnan(picks):
                stack[top, row] = stack[top + (1 if picks != 0.0 else 2), row]
    elif op == ADD:
        for row in range(count):
            stack[top, row] += stack[top + 1, row]
    elif op == SUB:
        for row in range(count):
            stack[top, row] -= stack[top + 1, row]
    elif op == MUL:
        for row in range(count):
            stack[top, row] *= stack[top + 1, row]
    elif op >= NEG:
        for row in range(count):
            stack[top, row] = _one(op, stack[top, row])
    else:
        for row in range(count):
            stack[top, row] = _two(op, stack[top, row], stack[top + 1, row])


@compiled(nogil=True)
def evaluate(
    code: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], rows: npt.NDArray[np.int64],
    out: Floats, done: int = 0,
) -> None:  # pragma: no cover
    """Evaluate every formula on every row.

    Parameters
    ----------
    code : shape (n, 2)
        Operations of all formulas, one after the other: operation, argument.
    starts : shape (formulas + 1,)
        First operation of each formula.
    rows : shape (m, integers)
        Integers; `MISSING` is unknown.
    out : shape (m, formulas)
        Filled in place; NaN is unknown.
    done : int
        Rows of ``out`` that are left as they are.
    """
    stack = np.empty((DEPTH, BLOCK))
    for first in range(0, len(rows), BLOCK):
        count = min(BLOCK, len(rows) - first)
        for formula in range(len(starts) - 1):
            top = -1
            for at in range(starts[formula], starts[formula + 1]):
                op, argument = code[at, 0], code[at, 1]
                if op == LOAD:
                    top += 1
                    for row in range(count):
                        value = rows[first + row, argument]
                        stack[top, row] = np.nan if value == MISSING else float(value)
                elif op == CONST:
                    top += 1
                    for row in range(count):
                        stack[top, row] = float(argument)
                else:
                    top -= 2 if op == WHERE else (0 if op >= NEG else 1)
                    _step(op, stack, top, count)
            for row in range(count):
                out[done + first + row, formula] = stack[0, row]
