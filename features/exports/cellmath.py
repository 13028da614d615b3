"""Expressions over the columns of a source, as a mapping.yaml writes them.

An expression is read as a tree and never run as code: only what is listed here has a meaning,
everything else is refused. Trees are evaluated a column at a time by
`features.exports.cellfunctions`.

====================================  ==========================================================
``NAME``, ``col("any name")``         a column of the source
``row``                               number of the source's row, from 1
``"text"``, ``12.5``, ``True``        constants; ``None`` is unknown
``+ - * /``                           numbers; divided by zero is unknown
``== != < <= > >=``                   two numbers, times or texts
``and or not``                        truth, with unknown as a third value
``abs sign round floor ceil int``     numbers; ``round(x, 2)`` keeps two digits
``number(x) str(x)``                  text to number, anything to text
``concat lower upper strip``          texts; ``replace(x, "from", "to")``
``if_else(when, yes, no)``            one of two; ``coalesce(a, b)`` the first that is known
``is_unknown(x) is_in(x, "a", "b")``  tests
``time(x, "%d/%m/%Y %H:%M")``         text or number to time; also ``"unix_s"``, ``"unix_ms"``
``days_after(x, 7)``                  a time so many times 24 hours later
``sum min max first count nunique``   over the rows of a group, in a table with ``distinct``
====================================  ==========================================================
"""

from __future__ import annotations

import ast
import difflib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.errors import BadConfig
from features.syntax import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 1000
DEEPEST: Final = 40
EXACT: Final = 1 << 53
"""Integers up to here are exact as floats, in which expressions are computed."""
ROW: Final = "row"
COUNTS: Final[dict[str, tuple[int, int]]] = {
    "abs": (1, 1), "sign": (1, 1), "round": (1, 2), "floor": (1, 1), "ceil": (1, 1),
    "int": (1, 1), "number": (1, 1), "str": (1, 1), "concat": (1, 20), "lower": (1, 1),
    "upper": (1, 1), "strip": (1, 1), "replace": (3, 3), "if_else": (3, 3),
    "coalesce": (1, 20), "is_unknown": (1, 1), "is_in": (2, 50), "time": (2, 2),
    "days_after": (2, 2),
}
"""Allowed functions, with the least and the most arguments."""
AGGREGATES: Final = ("sum", "min", "max", "first", "count", "nunique")
OPERATORS: Final[dict[type[ast.AST], str]] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
    ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "negate",
}
OPTIONS: Final = ("round", "replace", "is_in", "time")
"""Functions of one argument, whose further arguments are constants."""


@dataclass(frozen=True)
class Literal:
    """A constant; None is unknown."""

    value: str | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column of the source."""

    name: str


@dataclass(frozen=True)
class Row:
    """The number of the source's row, from 1."""


@dataclass(frozen=True)
class Call:
    """A function or operator over columns, with its constants apart."""

    function: str
    args: tuple[Node, ...]
    options: tuple[str | float, ...] = ()


@dataclass(frozen=True)
class Aggregate:
    """A function over the rows of a group; ``count`` needs no argument."""

    function: str
    arg: Node


@dataclass(frozen=True)
class Lookup:
    """A value map: texts found in ``pairs`` are replaced, others stay."""

    arg: Node
    pairs: tuple[tuple[str, str | None], ...]


Node = Literal | Column | Row | Call | Aggregate | Lookup


def parse_expression(text: str) -> Node:
    """Read an expression.

    Raises
    ------
    BadConfig
        For everything that is not in the table above.

    Examples
    --------
    >>> parse_expression("round(PRICE * 100)")
    Call(function='round', args=(Call(function='multiply',
    args=(Column(name='PRICE'), Literal(value=100)), options=()),), options=())
    >>> parse_expression("open('x')")
    Traceback (most recent call last):
    features.errors.BadConfig: Wanted a function that expressions know; came open. To do: ...
    """
    if len(text) > LONGEST:
        raise _refuse(f"an expression of at most {LONGEST} characters", str(len(text)),
                      "shorten it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parsed(text.strip())
        return _node(tree, DEEPEST)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _refuse("an expression such as round(PRICE * 100)", _short(text),
                      f"mend it ({_short(str(error))})") from error


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes below it.

    >>> [type(node).__name__ for node in walk(parse_expression("abs(A)"))]
    ['Call', 'Column']
    """
    yield node
    if isinstance(node, Call):
        for arg in node.args:
            yield from walk(arg)
    elif isinstance(node, Aggregate | Lookup):
        yield from walk(node.arg)


def columns_of(node: Node) -> list[str]:
    """Names of the source's columns that an expression reads, each once.

    >>> columns_of(parse_expression('A * B + col("A") + row'))
    ['A', 'B']
    """
    return list(dict.fromkeys(each.name for each in walk(node) if isinstance(each, Column)))


def _node(tree: ast.expr, deep: int) -> Node:
    if deep == 0:
        raise _refuse(f"an expression of at most {DEEPEST} levels", "a deeper one", "simplify it")
    match tree:
        case ast.Constant(value=value):
            return _literal(value)
        case ast.Name(id=name):
            return Row() if name == ROW else Column(name)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _call(name, args, deep)
        case ast.UnaryOp(op=op, operand=operand):
            return _operator(op, [operand], deep)
        case ast.BinOp(left=left, op=op, right=right):
            return _operator(op, [left, right], deep)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _operator(op, [left, right], deep)
        case ast.BoolOp(op=op, values=values):
            return _operator(op, values, deep)
    raise _refuse("columns, constants, + - * /, comparisons and functions",
                  _short(ast.unparse(tree)), "see the head of the mapping for what is allowed")


def _literal(value: object) -> Literal:
    if isinstance(value, bool | str | None):
        return Literal(value)
    if isinstance(value, int | float) and abs(value) <= EXACT:
        return Literal(value)
    raise _refuse("a text, a number, True, False or None", _short(repr(value)), "write it so")


def _operator(op: ast.AST, args: list[ast.expr], deep: int) -> Node:
    name = OPERATORS.get(type(op))
    if name is None:
        raise _refuse("one of + - * / == != < <= > >= and or not", type(op).__name__,
                      "write it with these")
    nodes = [_node(arg, deep - 1) for arg in args]
    if name in ("and", "or"):
        first, *others = nodes
        for other in others:
            first = Call(name, (first, other))
        return first
    return Call(name, tuple(nodes))


def _call(name: str, args: list[ast.expr], deep: int) -> Node:
    if name == "col":
        match args:
            case [ast.Constant(value=str(column))]:
                return Column(column)
        raise _refuse('col("NAME")', "another argument", "put the column's name between quotes")
    if name in AGGREGATES:
        return _aggregate(name, [_node(arg, deep - 1) for arg in args])
    if name not in COUNTS:
        near = difflib.get_close_matches(name, [*COUNTS, *AGGREGATES, "col"], 1)
        raise _refuse("a function that expressions know", name,
                      f"write {near[0]}" if near else "take one of " + ", ".join(COUNTS))
    low, high = COUNTS[name]
    if not low <= len(args) <= high:
        raise _refuse(f"{low} to {high} arguments of {name}", str(len(args)), "mend the call")
    taken = 1 if name in OPTIONS else len(args)
    nodes = tuple(_node(arg, deep - 1) for arg in args[:taken])
    return Call(name, nodes, tuple(_option(name, arg) for arg in args[taken:]))


def _option(name: str, arg: ast.expr) -> str | float:
    match name, arg:
        case "round", ast.Constant(value=digits) if type(digits) is int and 0 <= digits <= 15:
            return digits
        case "replace" | "is_in" | "time", ast.Constant(value=str(word)):
            return word
    raise _refuse("digits from 0 to 15" if name == "round" else f"a text for {name}",
                  _short(ast.unparse(arg)), "write a constant, a text between quotes")


def _aggregate(name: str, nodes: list[Node]) -> Node:
    if name == "count" and not nodes:
        return Aggregate(name, Literal(1))
    if len(nodes) != 1:
        raise _refuse(f"one argument of {name}", str(len(nodes)), "mend the call")
    if any(isinstance(node, Aggregate | Row) for node in walk(nodes[0])):
        raise _refuse(f"columns inside {name}", "a group's value or row inside it",
                      "take it out of the call")
    return Aggregate(name, nodes[0])


def _refuse(wanted: str, came: str, remedy: str) -> BadConfig:
    return BadConfig(wanted, came, remedy)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
