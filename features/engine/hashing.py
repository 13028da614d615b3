"""Hashes of definitions: what decides a value, and nothing else.

Names that nobody computes with, texts and the place of a declaration are left out; the order of
kinds and conditions, the way a window is written and white space in a formula do not matter.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from features.engine.clause import window_ms
from features.engine.definition import Aggregate, Elapsed, Expression, Fresh, Known, Same
from features.engine.expression import names_in
from features.records import KINDS

if TYPE_CHECKING:
    from features.engine.definition import Column
    from features.engine.scope import Scope

ENGINE: Final = 1
"""Version of what the kernel's aggregates mean; part of every hash."""


class Hasher:
    """Hashes the declarations of a scope, each once.

    Parameters
    ----------
    scope : Scope
        Complete and checked.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._known: dict[str, str] = {}

    def hash(self, name: str) -> str:
        """Hash of an aggregate, expression or column and of all that it reads: 16 hex digits."""
        if name not in self._known:
            self._known[name] = self._hash(name)
        return self._known[name]

    def _hash(self, name: str) -> str:
        feature = self._scope.feature(name)
        if feature is None:
            return self._column(name, ())
        if isinstance(feature, Expression):
            read = names_in(feature.formula, feature.origin)
        else:
            clauses = self._scope.clauses(feature)
            read = (feature.entity, feature.at, feature.argument,
                    *sorted({n for c in clauses for n in (c.column, c.other)}))
        return digest([ENGINE, [self.body(feature)], [[n, self.hash(n)] for n in read if n]])

    def body(self, declared: Column | Aggregate | Expression) -> dict[str, object]:
        """What decides the value of a declaration, in one way of writing it."""
        body = declared.body()
        if isinstance(declared, Expression):
            body["formula"] = " ".join(declared.formula.split())
        if isinstance(declared, Aggregate):
            body["window"] = window_ms(declared.window, declared.origin)
        if isinstance(declared, Aggregate | Known | Same | Elapsed | Fresh):
            body["kinds"] = [kind for kind in KINDS if kind in declared.kinds]
            body["where"] = sorted({(c.column, c.operator, c.other, c.value)
                                    for c in self._scope.clauses(declared)})
        return body

    def _column(self, name: str, inside: tuple[str, ...]) -> str:
        """Hash of a column: of every declaration that fills it, and of what those read."""
        bodies: list[object] = []
        for column in self._scope.filled.get(name, ()):
            read = {str(v) for k, v in column.body().items() if k not in ("type", "where", "kinds")}
            if isinstance(column, Known | Same | Elapsed | Fresh):
                read |= {n for c in self._scope.clauses(column) for n in (c.column, c.other)}
            deeper = sorted(read & self._scope.filled.keys() - {name, *inside})
            bodies.append([self.body(column), [self._column(n, (*inside, name)) for n in deeper]])
        return digest([ENGINE, name, bodies])


def digest(value: object) -> str:
    """Hash of plain values: 16 hexadecimal digits of SHA-256 over their JSON.

    >>> digest([1, "a"])
    '4a72386a027702c1'
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
