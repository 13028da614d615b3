"""What the operators and functions of a mapping's expressions do, a whole column at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from features.errors import BadConfig
from features.exports.cellmath import Aggregate, Call, Column, Literal, Lookup, Node, Row
from features.exports.cellreading import (
    EXACT,
    MOMENT,
    Cells,
    Scope,
    faults_of,
    numbers,
    text,
    times,
    truths,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAY_MS: Final = 86_400_000
Function = Callable[..., Cells]
"""From the cells of the arguments, the scope and the constants to cells."""


def evaluate(node: Node, columns: Mapping[str | Node, Cells], scope: Scope) -> Cells:
    """Evaluate an expression over the columns of a chunk.

    Parameters
    ----------
    node : Node
        The expression.
    columns : mapping of str or Node to Cells
        Columns of the source by name; results already at hand by their node.
    scope : Scope
        Size, time zone, decimal mark and row number of the chunk.

    Examples
    --------
    >>> from features.exports.cellmath import parse_expression
    >>> price = Cells(pa.array(["2.5", "n/a"]))
    >>> evaluate(parse_expression("round(PRICE * 2)"), {"PRICE": price}, Scope(2)).joined()
    <pyarrow.lib.StringArray object at ...>
    [
      "5",
      "n/a"
    ]
    """
    if node in columns:
        return columns[node]
    match node:
        case Literal(value=value):
            return Cells(_repeat(value, scope.size))
        case Column(name=name):
            return columns[name]
        case Row():
            first = scope.first_row + 1
            return Cells(pa.array(range(first, first + scope.size), pa.int64()))
        case Lookup(arg=arg, pairs=pairs):
            return _lookup(text(evaluate(arg, columns, scope)), dict(pairs))
        case Call(function=function, args=args, options=options):
            cells = [evaluate(arg, columns, scope) for arg in args]
            return FUNCTIONS[function](cells, scope, *options)
        case Aggregate(function=function):
            raise BadConfig("distinct: COLUMNS in a table with values of groups", function,
                            "add distinct, or take the function away")


def _repeat(value: str | float | bool | None, size: int) -> pa.Array:
    if value is None:
        return pa.nulls(size, pa.string())
    return pa.repeat(pa.scalar(value), size)


def _finite(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_finite(values), values, None)


def _arithmetic(compute: Callable[..., pa.Array]) -> Function:
    def run(args: list[Cells], scope: Scope) -> Cells:
        read = [numbers(arg, scope) for arg in args]
        return Cells(_finite(compute(*(arg.values for arg in read))), faults_of(read))
    return run


def _integral(compute: Callable[..., pa.Array]) -> Function:
    def run(args: list[Cells], scope: Scope) -> Cells:
        read = numbers(args[0], scope)
        return Cells(whole(compute(read.values)), read.faults)
    return run


def _textual(compute: Callable[..., pa.Array]) -> Function:
    def run(args: list[Cells], scope: Scope) -> Cells:
        read = [text(arg) for arg in args]
        return Cells(compute(*(arg.values for arg in read)), faults_of(read))
    return run


def _compared(compute: Callable[..., pa.Array]) -> Function:
    def run(args: list[Cells], scope: Scope) -> Cells:
        pair = _alike(args, scope)
        return Cells(compute(pair[0].values, pair[1].values), faults_of(pair))
    return run


def _logical(compute: Callable[..., pa.Array]) -> Function:
    def run(args: list[Cells], scope: Scope) -> Cells:
        read = [truths(arg) for arg in args]
        return Cells(compute(*(arg.values for arg in read)), faults_of(read))
    return run


def _alike(args: Sequence[Cells], scope: Scope) -> list[Cells]:
    """Cells of one type: times where one is a time, numbers where one is a number, else text."""
    kinds = [arg.values.type for arg in args]
    if any(pa.types.is_timestamp(kind) or pa.types.is_date(kind) for kind in kinds):
        return [times(arg, scope) for arg in args]
    if all(kind == kinds[0] for kind in kinds):
        return list(args)
    if any(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds):
        return [numbers(arg, scope) for arg in args]
    return [text(arg) for arg in args]


def _chosen(args: Sequence[Cells], scope: Scope) -> list[Cells]:
    """Cells that may stand in one column: as they are where of one type, else text."""
    kinds = {arg.values.type for arg in args}
    if len(kinds) == 1:
        return list(args)
    if all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds):
        return [numbers(arg, scope) for arg in args]
    return [text(arg) for arg in args]


def _if_else(args: list[Cells], scope: Scope) -> Cells:
    when = truths(args[0])
    yes, no = _chosen(args[1:], scope)
    empty = pa.nulls(scope.size, pa.string())
    branch = pc.if_else(when.values, yes.faults if yes.faults is not None else empty,
                        no.faults if no.faults is not None else empty)
    return Cells(pc.if_else(when.values, yes.values, no.values),
                 faults_of([when, Cells(empty, branch)]))


def _coalesce(args: list[Cells], scope: Scope) -> Cells:
    read = _chosen(args, scope)
    return Cells(pc.coalesce(*(arg.values for arg in read)), faults_of(read))


def _round(args: list[Cells], scope: Scope, digits: int = 0) -> Cells:
    """Round half away from zero, to the float that is nearest to the decimal number.

    Divided as whole numbers, as Arrow's own rounding leaves 85.65000000000001 as it is.
    """
    read = numbers(args[0], scope)
    power = float(10**digits)
    scaled = pc.round(pc.multiply(read.values, power), round_mode="half_towards_infinity")
    if not digits:
        return Cells(whole(scaled), read.faults)
    exact = pc.less(pc.abs(scaled), float(EXACT))
    return Cells(pc.if_else(exact, pc.divide(scaled, power), read.values), read.faults)


def _replace(args: list[Cells], scope: Scope, old: str, new: str) -> Cells:
    read = text(args[0])
    return Cells(pc.replace_substring(read.values, old, new), read.faults)


def _time(args: list[Cells], scope: Scope, written: str) -> Cells:
    return times(args[0], scope, written)


def _days_after(args: list[Cells], scope: Scope) -> Cells:
    start, days = times(args[0], scope), numbers(args[1], scope)
    later = whole(pc.round(pc.multiply(days.values, float(DAY_MS))))
    moment = pc.add(start.values.cast(pa.int64()), later).cast(MOMENT)
    return Cells(moment, faults_of([start, days]))


def _is_in(args: list[Cells], scope: Scope, *words: str) -> Cells:
    read = text(args[0])
    return Cells(pc.is_in(read.values, pa.array(words, pa.string())), read.faults)


def _lookup(cells: Cells, pairs: dict[str, str | None]) -> Cells:
    index = pc.index_in(cells.values, pa.array(list(pairs), pa.string()))
    mapped = pa.array(list(pairs.values()), pa.string()).take(index)
    return Cells(pc.if_else(pc.is_valid(index), mapped, cells.values), cells.faults)


FUNCTIONS: Final[dict[str, Function]] = {
    "add": _arithmetic(pc.add), "subtract": _arithmetic(pc.subtract),
    "multiply": _arithmetic(pc.multiply), "divide": _arithmetic(pc.divide),
    "negate": _arithmetic(pc.negate), "abs": _arithmetic(pc.abs), "sign": _integral(pc.sign),
    "number": _arithmetic(lambda values: values), "round": _round,
    "floor": _integral(pc.floor), "ceil": _integral(pc.ceil), "int": _integral(pc.trunc),
    "eq": _compared(pc.equal), "ne": _compared(pc.not_equal), "lt": _compared(pc.less),
    "le": _compared(pc.less_equal), "gt": _compared(pc.greater),
    "ge": _compared(pc.greater_equal), "and": _logical(pc.and_kleene),
    "or": _logical(pc.or_kleene), "not": _logical(pc.invert), "str": _textual(lambda a: a),
    "concat": _textual(lambda *parts: pc.binary_join_element_wise(*parts, "")),
    "lower": _textual(pc.utf8_lower), "upper": _textual(pc.utf8_upper),
    "strip": _textual(pc.utf8_trim_whitespace), "replace": _replace, "if_else": _if_else,
    "coalesce": _coalesce, "is_in": _is_in, "time": _time, "days_after": _days_after,
    "is_unknown": lambda args, scope: Cells(pc.is_null(args[0].values), args[0].faults),
}
"""Every operator and function, by the name in the tree."""
