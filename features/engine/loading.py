"""Declarations read from YAML: data only, and every refusal names the file and the line.

A file is a list of entries. Each has a ``name`` and one of the keys of
`features.engine.entry.SHAPES`, which says what it declares: an ``aggregate`` or a ``formula`` is a
feature, ``pair``, ``elapsed`` and ``fresh`` are columns for others to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from features.engine.entry import Entry, is_of, refused_at, shown
from features.errors import BadConfig
from features.exports.config import StrictLoader, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from features.engine.definition import Declared


def read_declarations(path: Path) -> list[Declared]:
    """Read the declarations of a YAML file, in its order; an empty file holds none.

    Raises
    ------
    BadConfig
        Naming the file and the line, what was wanted, what came and what to do. What a
        declaration speaks of is checked by `features.engine.declarations.Catalog`.
    """
    root = _compose(read_text(path), path)
    if root is None:
        return []
    if not is_of(root, "seq"):
        raise refused_at("a list of declarations", shown(root), path, root,
                         "start each with '- name: NAME'")
    return [one for node in root.value for one in Entry(path, node).declared()]


def _compose(text: str, path: Path) -> yaml.Node | None:
    try:
        root: yaml.Node | None = yaml.compose(text, StrictLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 1
        said = getattr(error, "problem", None) or " ".join(str(error).split())[:200]
        raise BadConfig("YAML", f"{said or type(error).__name__} at {path}:{line}",
                        "mend the file at that line") from error
    return root
