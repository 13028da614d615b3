"""A mapping: how to read a foreign export as it is, in a mapping.yaml.

    program: {program_id: acme, timezone: Asia/Jakarta}   # as program.yaml; else that file
    missions: []                                          # as missions.yaml; else that file
    timezone: Asia/Jakarta         # of source times without an offset; else the program's
    tables:
      scans:
        source: sales.csv          # parquet, csv, tsv, txt, or a folder of parts
        csv: {delimiter: ";", encoding: latin-1, decimal: ",", names: [...]}
        where: "STATUS == 'OK'"    # rows to take; a test, see below
        columns:
          event_id: {template: "sale-{row}"}     # {row} from 1, {NAME} a column of theirs
          member_id: CUST_NO                     # our column from theirs
          proof: {value: qr}                     # a constant
          occurred_at: {from: SOLD, format: "%d/%m/%Y %H:%M"}
          channel: {from: VIA, map: {W: whatsapp, A: app, X: null}}   # null: unknown
          points: {expr: "floor(AMOUNT / 1000)"}
      members:
        source: sales.csv
        distinct: CUST_NO          # one row per value; several columns as a list
        columns:
          member_id: CUST_NO
          persona: {value: retailer}
          joined_at: {expr: min(SOLD)}           # sum min max first count nunique

``program_id`` is filled in. A text without ``delimiter`` is read by its ending: csv with commas,
tsv with tabs, txt with any white space; ``names`` is for files without a header line. An empty
cell is unknown. A word that a ``map`` does not list stays as it is. ``distinct`` drops rows whose
key is unknown. Ids become text (``17850.0`` is ``17850``), times become UTC. What expressions
may say stands in `features.exports.cellmath`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.contract import TABLES
from features.errors import BadConfig
from features.exports.cellmath import (
    Aggregate,
    Call,
    Column,
    Literal,
    Lookup,
    Node,
    Row,
    columns_of,
    parse_expression,
    walk,
)
from features.exports.config import in_words, parse_yaml, read_yaml, validate
from features.exports.csvpart import WHITESPACE, CsvForm
from features.exports.mappingfile import ColumnRule, CsvOptions, MappingFile, TableRule
from features.exports.missions import Mission, build_missions
from features.exports.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DELIMITERS: Final = {".txt": WHITESPACE, ".tsv": "\t"}
ALWAYS: Final = ("program_id", "known_at")
"""Columns that every table may have beside its own."""


@dataclass(frozen=True)
class MappedTable:
    """How one of our tables comes from a source.

    Parameters
    ----------
    name, source : str
        Our table; the file or folder of parts below the export's folder.
    columns : dict of str to Node
        An expression per column of ours.
    where : Node or None
        The rows to take; none: all.
    keys : tuple of str
        Source columns of which each distinct value becomes one row; empty: a row per row.
    form, decimal
        How text sources are written.
    """

    name: str
    source: str
    columns: dict[str, Node]
    where: Node | None
    keys: tuple[str, ...]
    form: CsvForm
    decimal: str

    @property
    def reads(self) -> list[str]:
        """Columns of the source that are needed, each once."""
        nodes = [*self.columns.values(), *([self.where] if self.where else [])]
        return list(dict.fromkeys([*self.keys, *(n for node in nodes for n in columns_of(node))]))


@dataclass(frozen=True)
class Mapping:
    """A whole mapping.yaml.

    ``program`` and ``missions`` are None where the export's own files say them, ``timezone``
    where the program's time zone is that of the source.
    """

    file: str
    program: Program | None
    missions: list[Mission] | None
    timezone: str | None
    tables: dict[str, MappedTable]


def read_mapping(path: Path) -> Mapping:
    """Read a mapping.yaml.

    Raises
    ------
    BadConfig
        Naming the file, the table, the key, what was wanted and what came.
    """
    return _build(read_yaml(path), path.name)


def parse_mapping(text: str, file: str = "mapping.yaml") -> Mapping:
    """Read the text of a mapping.yaml; errors as `read_mapping`.

    Examples
    --------
    >>> mapping = parse_mapping('''
    ... tables:
    ...   outlets:
    ...     source: shops.csv
    ...     columns: {outlet_id: SHOP_NO, kind: {expr: lower(TYPE)}}
    ... ''')
    >>> mapping.tables["outlets"].reads
    ['SHOP_NO', 'TYPE']
    """
    return _build(parse_yaml(text, file), file)


def _build(raw: object, file: str) -> Mapping:
    if not isinstance(raw, dict):
        raise BadConfig(f"{file} with the keys program and tables", in_words(raw),
                        "write tables: with a table of ours below it")
    shape = validate(MappingFile, raw, file)
    program = missions = None
    if shape.program is not None:
        program = validate(Program, shape.program, file, "program")
    if shape.missions is not None:
        if program is None:
            raise BadConfig(f"{file} with program beside missions", "missions only",
                            "add program, or put the missions into missions.yaml")
        missions = build_missions(shape.missions, program, file)
    tables = {name: _table(name, rule, file) for name, rule in shape.tables.items()}
    order = {name: tables[name] for name in TABLES if name in tables}
    return Mapping(file, program, missions, shape.timezone, order)


def _table(name: str, rule: TableRule, file: str) -> MappedTable:
    if name not in TABLES:
        raise _unknown(f"{file}: a table of the contract below tables", name, [*TABLES])
    allowed = [*TABLES[name].names, *ALWAYS]
    for column in rule.columns:
        if column not in allowed:
            raise _unknown(f"{file}: a column of {name} below tables.{name}.columns", column,
                           allowed)
    missing = [column for column in TABLES[name].required if column not in rule.columns]
    if missing:
        raise BadConfig(f"{file}: tables.{name}.columns with {', '.join(missing)}", "none",
                        f"say where {missing[0]} comes from, or give it a value")
    nodes = {
        column: _node(entry, f"{file}: tables.{name}.columns.{column}")
        for column, entry in rule.columns.items()
    }
    at = f"{file}: tables.{name}"
    where = _said(f"{at}.where", rule.where) if rule.where else None
    for column, node in [*nodes.items(), ("where", where)]:
        if node is not None:
            _check_groups(node, rule.distinct if column != "where" else (), f"{at}, {column}")
    return MappedTable(name, rule.source, nodes, where, rule.distinct, _form(rule, at),
                       rule.csv.decimal)


def _form(rule: TableRule, at: str) -> CsvForm:
    options: CsvOptions = rule.csv
    ending = rule.source[rule.source.rfind("."):].lower() if "." in rule.source else ""
    delimiter = options.delimiter or DELIMITERS.get(ending, ",")
    if delimiter not in (WHITESPACE, "\t") and not re.fullmatch(r'[!#-~]', delimiter):
        raise BadConfig(f"{at}.csv.delimiter of one character, or {WHITESPACE}",
                        repr(delimiter), "mend the delimiter")
    return CsvForm(delimiter, options.encoding, options.names)


def _check_groups(node: Node, keys: tuple[str, ...], at: str) -> None:
    """Refuse values of groups without groups, and in groups columns that differ within one."""
    if not keys:
        found = next((each for each in walk(node) if isinstance(each, Aggregate)), None)
        if found:
            raise BadConfig(f"{at}: functions of one row", found.function,
                            "add distinct: COLUMN to the table, or take the function away")
        return
    for name in _outside(node):
        if name not in keys:
            raise BadConfig(f"{at}: a column of distinct ({', '.join(keys)}), or sum, min, max, "
                            "first, count or nunique around it", name,
                            f"write {{expr: first({name})}}")


def _outside(node: Node) -> Iterator[str]:
    """Columns of a node that stand in no aggregate."""
    match node:
        case Column(name=name):
            yield name
        case Call(args=args):
            for arg in args:
                yield from _outside(arg)
        case Lookup(arg=arg):
            yield from _outside(arg)


def _node(entry: ColumnRule, at: str) -> Node:
    """Compile what a mapping says of one column into one expression."""
    given = entry.model_fields_set
    ways = [way for way in ("from_", "value", "template", "expr") if way in given]
    if len(ways) != 1:
        raise BadConfig(f"{at}: one of from, value, template, expr",
                        " and ".join(way.strip("_") for way in ways) or "none", "keep one")
    node: Node = Literal(entry.value)
    if entry.from_ is not None:
        node = Column(entry.from_)
    elif entry.template is not None:
        node = _template(entry.template, at)
    elif entry.expr is not None:
        node = _said(at, entry.expr)
    if entry.format is not None:
        node = Call("time", (node,), (entry.format,))
    if entry.map is not None:
        node = Lookup(node, tuple((_word(k) or "", _word(v)) for k, v in entry.map.items()))
    return node


def _said(at: str, text: str) -> Node:
    try:
        return parse_expression(text)
    except BadConfig as error:
        raise BadConfig(f"{at}: {error.wanted}", error.came, error.remedy) from error


def _template(text: str, at: str) -> Node:
    parts = re.split(r"\{([^{}]*)\}", text)
    if any("{" in part or "}" in part for part in parts) or "" in parts[1::2]:
        raise BadConfig(f"{at}: a template such as sale-{{row}}", text[:80],
                        "put the name of one column between each pair of braces")
    nodes: list[Node] = []
    for index, part in enumerate(parts):
        if index % 2:
            nodes.append(Row() if part == "row" else Column(part))
        elif part:
            nodes.append(Literal(part))
    return Call("concat", tuple(nodes))


def _word(value: str | float | bool | None) -> str | None:
    """Write a word of a value map as the text that cells are compared with."""
    if isinstance(value, bool):
        return str(value).lower()
    whole = isinstance(value, float) and value.is_integer()
    return None if value is None else str(int(value) if whole else value)


def _unknown(wanted: str, came: str, known: list[str]) -> BadConfig:
    near = difflib.get_close_matches(came, known, 1)
    return BadConfig(wanted, came, f"write {near[0]}" if near else "take one of "
                     + ", ".join(known))
