"""The catalogue of one program: what every program has, and what it declares of its own.

Own declarations are YAML files: ``FOLDER/*.yaml`` for all programs of a home, then
``FOLDER/PROGRAM/*.yaml`` for one, each in the order of their names. They can add features and
columns, never change one that is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.catalog.built_in import CATALOG, DECLARATIONS
from features.engine.declarations import Catalog
from features.engine.definition import Aggregate, Expression
from features.engine.loading import read_declarations
from features.engine.scope import nearest, refused

if TYPE_CHECKING:
    from pathlib import Path

    from features.engine.definition import Declared


def program_catalog(folder: Path, program_id: str | None = None) -> Catalog:
    """Read the catalogue of a program; of what all programs share where none is named.

    Parameters
    ----------
    folder : Path
        Where the declarations of a home lie; it need not be there.
    program_id : str or None

    Raises
    ------
    BadConfig
        A file or a declaration is wrong; the error names the file and the line.
    """
    own = [declared for path in declaration_files(folder, program_id)
           for declared in read_declarations(path)]
    if not own:
        return CATALOG
    _check_columns(own)
    _check_families(own)
    return Catalog(DECLARATIONS, own)


def declaration_files(folder: Path, program_id: str | None = None) -> list[Path]:
    """Files that are read for a program, in their order."""
    folders = [folder] if program_id is None else [folder, folder / program_id]
    return [path for each in folders
            for path in sorted((*each.glob("*.yaml"), *each.glob("*.yml")))
            if path.is_file() and not path.name.startswith(".")]


def _check_columns(own: list[Declared]) -> None:
    """An own column must be new: filling one that is there would change shared features."""
    taken = set(CATALOG.blank)
    for declared in own:
        if isinstance(declared, Aggregate | Expression):
            continue
        if declared.name in taken:
            raise refused("a name of its own", f"a second column '{declared.name}'", declared,
                          f"rename '{declared.name}'")
        taken.add(declared.name)


def _check_families(own: list[Declared]) -> None:
    known = sorted({*CATALOG.families.values(), "other"})
    for declared in own:
        if not isinstance(declared, Aggregate | Expression) or declared.hidden:
            continue
        if declared.family not in known:
            raise refused(f"a family among {', '.join(known)}", f"'{declared.family}'", declared,
                          nearest(declared.family, known))
