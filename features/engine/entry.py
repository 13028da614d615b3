"""One entry of a file of declarations: its keys, their types, and what it declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from features.engine.definition import (
    EVENTS,
    Aggregate,
    Declared,
    Elapsed,
    Expression,
    Fresh,
    Pair,
    difference,
)
from features.engine.scope import nearest
from features.errors import BadConfig
from features.records import ENTITIES

if TYPE_CHECKING:
    from pathlib import Path

_TOLD: Final = ("name", "unit", "family", "meaning", "hidden")
_CHOSEN: Final = ("kinds", "where")
SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "aggregate": (*_TOLD, *_CHOSEN, "aggregate", "entity", "argument", "window", "before", "at"),
    "formula": (*_TOLD, "formula"),
    "pair": ("name", "pair"),
    "elapsed": ("name", *_CHOSEN, "elapsed"),
    "fresh": ("name", *_CHOSEN, "fresh"),
}
"""The key that says what an entry declares, and all keys such an entry may have."""
KEYS: Final = tuple(dict.fromkeys(key for keys in SHAPES.values() for key in keys))
LONGEST: Final = 200
"""Characters of a text: a meaning is one line of a reason."""
_TRUTH: Final = ("true", "false")
_TAG: Final = "tag:yaml.org,2002:"
_WORDS: Final = {"str": "the text", "int": "the number", "float": "the number", "bool": "the truth",
                 "null": "nothing", "seq": "a list", "map": "a group of keys"}


class Entry:
    """One entry of a file: its keys, each with the node of its value.

    Parameters
    ----------
    path : Path
        The file.
    node : yaml.Node
        The entry, with the line it begins on.

    Raises
    ------
    BadConfig
        No group of keys, an unknown key or one given twice, or not one of `SHAPES`.
    """

    def __init__(self, path: Path, node: yaml.Node) -> None:
        self._path = path
        self._node = node
        self._cells: dict[str, yaml.Node] = {}
        if not is_of(node, "map"):
            raise refused_at("a declaration with a key a line", shown(node), path, node,
                             "start it with '- name: NAME'")
        for key, value in node.value:
            self._note(key, value)
        self._origin = f"{path}:{node.start_mark.line + 1}"
        self._shape = self._find_shape()
        self._check_keys()

    def declared(self) -> tuple[Declared, ...]:
        """Give what the entry declares; a difference is two declarations.

        Raises
        ------
        BadConfig
            A key is missing or holds another type.
        """
        name, origin = self._text("name"), self._origin
        match self._shape:
            case "aggregate":
                return self._aggregate(name)
            case "formula":
                return (Expression(name, formula=self._text("formula"), origin=origin,
                                   **self._words()),)
            case "pair":
                first, second = self._pair()
                return (Pair(name, first, second, origin=origin),)
        make = Elapsed if self._shape == "elapsed" else Fresh
        return (make(name, self._text(self._shape), self._kinds(), self._texts("where"),
                     origin=origin),)

    def _aggregate(self, name: str) -> tuple[Declared, ...]:
        aggregate, entity = self._text("aggregate"), self._text("entity")
        argument = self._text("argument", "")
        more: dict[str, Any] = {"kinds": self._kinds(), "where": self._texts("where"),
                                "origin": self._origin, **self._words()}
        if aggregate == "difference":
            self._check_difference(argument)
            return difference(name, entity=entity, argument=argument, **more)
        return (Aggregate(name, entity=entity, aggregate=aggregate, argument=argument,
                          window=self._window(), before=self._flag("before"),
                          at=self._text("at", ""), **more),)

    def _check_difference(self, argument: str) -> None:
        for key in ("window", "before", "at"):
            if key in self._cells:
                raise self._wrong(key, f"a difference without {key}", f"'{key}'", f"remove {key}")
        if not argument or argument in ENTITIES:
            raise self._wrong("argument", "an argument that holds a value", f"'{argument}'",
                              "write for example 'argument: points'")

    def _note(self, key: yaml.Node, value: yaml.Node) -> None:
        name = key.value if isinstance(key, yaml.ScalarNode) else shown(key)
        if name in self._cells:
            raise refused_at("each key once", f"'{name}' twice", self._path, key, "remove one")
        if name not in KEYS:
            raise refused_at(f"keys among {', '.join(KEYS)}", f"'{name}'"[:80], self._path, key,
                             nearest(name, KEYS) or "remove it")
        self._cells[name] = value

    def _find_shape(self) -> str:
        found = [shape for shape in SHAPES if shape in self._cells]
        if len(found) != 1:
            raise refused_at(f"exactly one of {', '.join(SHAPES)}", " and ".join(found) or "none",
                             self._path, self._node, "say what the entry declares")
        return found[0]

    def _check_keys(self) -> None:
        for key in self._cells:
            if key not in SHAPES[self._shape]:
                raise self._wrong(key, f"one of {', '.join(SHAPES[self._shape])} with "
                                  f"{self._shape}", f"'{key}'", f"remove {key}")
        if self._shape in ("aggregate", "formula") and not self._flag("hidden"):
            is_count = self._shape == "aggregate" and self._text("aggregate") == "count"
            for key in ("meaning",) if is_count else ("meaning", "unit"):
                self._text(key)

    def _words(self) -> dict[str, Any]:
        """What is told to people."""
        return {"unit": self._text("unit", "events"), "family": self._text("family", "other"),
                "meaning": self._text("meaning", "").rstrip("."), "hidden": self._flag("hidden")}

    def _text(self, key: str, default: str | None = None) -> str:
        node = self._cells.get(key)
        if node is None:
            if default is None:
                raise self._wrong("", f"a {key}", f"an entry without {key}", f"add '{key}: ...'")
            return default
        if not is_of(node, "str") or not str(node.value).strip():
            raise self._wrong(key, f"a text as {key}", shown(node), f"write '{key}: ...'")
        if key != "formula" and len(node.value) > LONGEST:
            raise self._wrong(key, f"at most {LONGEST} characters as {key}",
                              f"{len(node.value)}", f"shorten {key}")
        return str(node.value).strip()

    def _texts(self, key: str) -> tuple[str, ...]:
        node = self._cells.get(key)
        if node is None:
            return ()
        if not is_of(node, "seq"):
            raise self._wrong(key, f"a list as {key}", shown(node), f"write '{key}: [...]'")
        for item in node.value:
            if not is_of(item, "str"):
                raise refused_at(f"texts in {key}", shown(item), self._path, item,
                                 "put it between quotes")
        return tuple(str(item.value) for item in node.value)

    def _kinds(self) -> tuple[str, ...]:
        return self._texts("kinds") if "kinds" in self._cells else EVENTS

    def _pair(self) -> tuple[str, str]:
        names = self._texts("pair")
        if len(names) != 2:
            raise self._wrong("pair", "two columns", f"{len(names)}", "write 'pair: [a, b]'")
        return names[0], names[1]

    def _flag(self, key: str) -> bool:
        node = self._cells.get(key)
        if node is not None and not (is_of(node, "bool") and node.value.lower() in _TRUTH):
            raise self._wrong(key, f"true or false as {key}", shown(node), "write true or false")
        return node is not None and node.value.lower() == "true"

    def _window(self) -> str:
        node = self._cells.get("window")
        if node is not None and not is_of(node, "str"):
            raise self._wrong("window", "a window as a whole number of m, h or d", shown(node),
                              "write for example 10m, 24h or 30d")
        return self._text("window", "")

    def _wrong(self, key: str, wanted: str, came: str, remedy: str) -> BadConfig:
        return refused_at(wanted, came, self._path, self._cells.get(key, self._node), remedy)


def is_of(node: yaml.Node, tag: str) -> bool:
    """Whether a node is of a YAML type, such as ``str`` or ``seq``, and not only called so."""
    wanted = {"seq": yaml.SequenceNode, "map": yaml.MappingNode}.get(tag, yaml.ScalarNode)
    return node.tag == _TAG + tag and isinstance(node, wanted)


def shown(node: yaml.Node) -> str:
    """Say in words what a node holds."""
    kind = node.tag.removeprefix(_TAG)
    said = _WORDS.get(kind, f"a {kind}")
    return f"{said} {node.value!r}"[:80] if kind in ("str", "int", "float", "bool") else said[:80]


def refused_at(wanted: str, came: str, path: Path, node: yaml.Node, remedy: str) -> BadConfig:
    """Error that names the file and the line of a node."""
    return BadConfig(wanted, f"{came} at {path}:{node.start_mark.line + 1}", remedy)
