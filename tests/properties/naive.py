"""A naive reading of the declarations, record by record, in pure Python: the kernel's oracle."""

from __future__ import annotations

import ast
import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from features.engine.clause import WORDS
from features.engine.definition import (
    Aggregate,
    Elapsed,
    Expression,
    Follow,
    Fresh,
    Group,
    Known,
    Pair,
    Probe,
    Same,
)
from features.places import MISSING, place_ms
from features.records import COLUMNS, ENTITIES, KINDS

ZONE = "America/Sao_Paulo"
UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
COMPARE = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}


def span(window):
    """Milliseconds of a declared window, None for all time."""
    return int(window[:-1]) * UNITS[window[-1]] if window else None


def wrapped(value):
    """A whole number as 64 bits hold it."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


class Oracle:
    """Every feature from the whole past, by definition; None is unknown."""

    def __init__(self, catalog):
        self.catalog = catalog
        self.past = []
        self.credited = {}
        self.matching = {name: [] for name in catalog.aggregates}

    def run(self, records):
        return [row for record in records if (row := self.step(record)) is not None]

    def step(self, record):
        wide = {n: self.cell(n, v) for n, v in zip(COLUMNS, record.tolist(), strict=True)}
        kind, outcome = KINDS[wide["kind"] or 0], wide["outcome"]
        judged = kind in KINDS[:3]
        wide |= {"now_ms": place_ms(int(record[0])), "program": 1, "kind_name": kind,
                 "credit": None, "credited_points": None}
        happened = wide["occurred_ms"] if wide["occurred_ms"] is not None else wide["now_ms"]
        moment = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(milliseconds=happened)
        offset = moment.astimezone(ZoneInfo(ZONE)).utcoffset()
        wide["local_ms"] = happened + round(offset.total_seconds() * 1000)
        if judged:
            wide["outcome"] = None
        for column in self.catalog.columns:
            self.fill(column, wide)
        values = self.read(wide) if judged else None
        if judged:
            wide["outcome"] = 0 if outcome is None else outcome
        self.credit(wide, kind, judged)
        self.past.append(wide)
        for name, aggregate in self.catalog.aggregates.items():
            if self.counts(aggregate, wide):
                self.matching[name].append(wide)
        return values

    def cell(self, name, value):
        if value == MISSING or (name in (*ENTITIES, "event") and value <= 0):
            return None
        return value

    def credit(self, wide, kind, judged):
        if not (judged or kind == "decision") or wide["event"] is None:
            return
        now = wide["outcome"] == 0 if judged else wide["status"] in (0, 2, 4)
        wide["credit"] = int(now) - int(self.credited.get(wide["event"], False))
        self.credited[wide["event"]] = now
        if wide["points"] is not None:
            wide["credited_points"] = wide["credit"] * wide["points"]

    def holds(self, text, wide):
        left, operator, *right = text.split(" ")
        value = wide.get(left)
        if operator in ("known", "unknown"):
            return (value is not None) == (operator == "known")
        other = right[0]
        if other in WORDS.get(left, ()):
            bound = WORDS[left].index(other)
        else:
            bound = int(other) if other.lstrip("-").isdigit() else wide.get(other)
        return value is not None and bound is not None and COMPARE[operator](value, bound)

    def counts(self, declared, wide):
        return wide["kind_name"] in declared.kinds and all(
            self.holds(text, wide) for text in declared.where) and (
            wide.get(declared.entity) is not None)

    def last(self, declared, value):
        if value is None:
            return None
        for wide in reversed(self.past):
            if self.counts(declared, wide) and wide[declared.entity] == value:
                return wide
        return None

    def fill(self, column, wide):
        name = column.name
        if isinstance(column, Follow):
            self.follow(name, wide)
            return
        wide.setdefault(name, None)
        if wide[name] is not None:
            return
        match column:
            case Known(entity=entity, argument=argument, at=at):
                found = self.last(column, wide.get(at or entity))
                wide[name] = found.get(argument) if found else None
            case Pair(first=first, second=second) | Probe(first=first, second=second):
                values = (wide.get(first), wide.get(second))
                wide[name] = None if None in values else values
            case Same(source=source):
                if wide["kind_name"] in column.kinds and all(
                        self.holds(text, wide) for text in column.where):
                    wide[name] = wide.get(source)
            case Group(source=source):
                wide[name] = None if wide.get(source) is None else wide[source] + 1
            case Elapsed(entity=entity):
                found = self.last(column, wide.get(entity))
                wide[name] = (wide["now_ms"] - found["now_ms"]) // 1000 if found else None
            case Fresh(entity=entity):
                if wide.get(entity) is not None:
                    wide[name] = int(self.last(column, wide[entity]) is None)

    def follow(self, name, wide):
        if wide["kind_name"] == "merge" and name == "member":
            return
        first = member = wide.get(name)
        kept = Aggregate("kept", entity="member", aggregate="previous", kinds=("merge",),
                         argument="other_member")
        for _ in range(8):
            found = self.last(kept, member)
            if found is None or found["other_member"] is None:
                break
            member = found["other_member"]
            if member == first:
                break
        wide[name] = member

    def read(self, wide):
        values = {n: self.aggregate(a, wide) for n, a in self.catalog.aggregates.items()}
        return {
            f.name: self.formula(f.formula, values, wide) if isinstance(f, Expression)
            else values[f.name] for f in self.catalog.features
        }

    def aggregate(self, a, wide):
        number = wide.get(a.at or a.entity)
        if number is None:
            return None
        rows = [w for w in self.matching[a.name] if w[a.entity] == number]
        early = a.before or a.aggregate in ("since", "first_seen", "previous")
        if not early and not self.catalog.is_late(a) and self.counts(a, wide) and (
                wide[a.entity] == number):
            rows = [*rows, wide]
        if a.window:
            bound = wide["place"] - (span(a.window) << 20)
            rows = [w for w in rows if bound < w["place"]]
        return self.summary(a, rows, wide["now_ms"])

    def summary(self, a, rows, now):
        known = [v for w in rows if (v := w.get(a.argument)) is not None] if a.argument else []
        match a.aggregate:
            case "count":
                return len(rows)
            case "sum":
                return wrapped(sum(known))
            case "square":
                return wrapped(sum(v * v for v in known))
            case "distinct":
                return len(set(known))
            case "since":
                return now - rows[-1]["now_ms"] if rows else None
            case "age":
                return now - rows[0]["now_ms"] if rows else None
            case "first_seen":
                return int(not rows)
            case "previous":
                return rows[-1].get(a.argument) if rows else None
            case "min":
                return min(known, default=None)
            case "max":
                return max(known, default=None)
        return int(self.valid(rows, now))

    def valid(self, rows, now):
        kept = []
        for wide in rows:
            start, end = wide["valid_from_ms"], wide["valid_to_ms"]
            same = [pair for pair in kept if pair[0] == start]
            if same:
                same[0][1] = end
            else:
                kept = [[start, end], *kept][:2]
        return any((s is None or s <= now) and (e is None or now < e) for s, e in kept)

    def formula(self, text, values, wide):
        return self.visit(ast.parse(text, mode="eval").body, values, wide)

    def visit(self, node, values, wide):
        def go(inner):
            return self.visit(inner, values, wide)

        match node:
            case ast.Constant(value=value):
                return float(value)
            case ast.Name(id="unknown"):
                return None
            case ast.Name(id=name) if name in self.catalog.expressions:
                return self.formula(self.catalog.expressions[name].formula, values, wide)
            case ast.Name(id=name):
                value = values[name] if name in values else wide.get(name)
                return None if value is None else float(value)
            case ast.Call(func=ast.Name(id="known"), args=[inner]):
                return float(self.is_known(inner, values, wide))
            case ast.Call(func=ast.Name(id="default"), args=[first, second]):
                value = go(first)
                return go(second) if value is None else value
            case ast.Call(func=ast.Name(id="where"), args=[test, first, second]):
                truth = go(test)
                return None if truth is None else go(first) if truth else go(second)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.call(name, [go(a) for a in args])
            case ast.UnaryOp(op=op, operand=operand):
                value = go(operand)
                if value is None:
                    return None
                return -value if isinstance(op, ast.USub) else float(not value)
            case ast.BoolOp(op=op, values=parts):
                found = [go(p) for p in parts]
                if None in found:
                    return None
                return float(all(found) if isinstance(op, ast.And) else any(found))
            case ast.Compare(left=ast.Name(id=left), ops=[op], comparators=[ast.Name(id=right)]
                             ) if right in WORDS.get(left, ()):
                return self.binary(op, go(node.left), float(WORDS[left].index(right)))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.binary(op, go(left), go(right))
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(op, go(left), go(right))
        raise AssertionError(ast.dump(node))

    def is_known(self, node, values, wide):
        if isinstance(node, ast.Name) and node.id not in values:
            return wide.get(node.id) is not None
        return self.visit(node, values, wide) is not None

    def call(self, name, args):
        if None in args:
            return None
        match name:
            case "sqrt":
                return math.sqrt(args[0]) if args[0] >= 0 else None
            case "hour":
                return float(math.floor(args[0] / 3_600_000) % 24)
            case "weekday":
                return float((math.floor(args[0] / 86_400_000) + 3) % 7)
        return float({"min": min, "max": max, "abs": abs, "floor": math.floor}[name](*args))

    def binary(self, op, a, b):
        if a is None or b is None:
            return None
        match op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.Div():
                return a / b if b else None
            case ast.Mod():
                return a % b if b else None
        return float({"Eq": a == b, "NotEq": a != b, "Lt": a < b, "LtE": a <= b, "Gt": a > b,
                      "GtE": a >= b}[type(op).__name__])


def expected(catalog, matrix):
    """The oracle's matrix: rows of judged records, NaN where unknown."""
    rows = Oracle(catalog).run(matrix)
    out = [[math.nan if row[n] is None else float(row[n]) for n in catalog.names] for row in rows]
    return np.array(out).reshape(-1, len(catalog.names))


def same(catalog, wanted, came):
    """Fail with the names of the features that differ in a bit."""
    differ = ~((wanted == came) | (np.isnan(wanted) & np.isnan(came)))
    found = [(int(i), catalog.names[j], wanted[i, j], came[i, j]) for i, j in np.argwhere(differ)]
    assert found == []
