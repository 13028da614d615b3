"""Which bundle of a program serves, and which served before.

The file ``champion`` beside the bundles holds one id a line, oldest first; the last line serves.
It is replaced as a whole, so a reader sees the old champion or the new one. The file
``challenger`` names the bundle that is tried beside it, if one is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from features.errors import NotFound
from models.bundle import MANIFEST
from models.files import replace_text

if TYPE_CHECKING:
    from pathlib import Path

POINTER: Final = "champion"
CHALLENGER: Final = "challenger"
NO_BUNDLE: Final = "none"
"""Id of the bundle in verdicts of a program that never had a champion."""
LOST_BUNDLE: Final = "lost"
"""The same where it had one that can't be read any more; that one's id follows after a colon."""


def is_bare(bundle_id: str) -> bool:
    """Whether a verdict of this bundle was given without a champion.

    >>> is_bare("none"), is_bare("lost:b-20250601-1f2e"), is_bare("b-20250601-1f2e")
    (True, True, False)
    """
    return bundle_id == NO_BUNDLE or bundle_id.partition(":")[0] == LOST_BUNDLE


def history(root: Path) -> tuple[str, ...]:
    """Ids of the champions so far, the one that serves last; empty where none ever served."""
    try:
        return tuple((root / POINTER).read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return ()


def champion(root: Path) -> Path | None:
    """Folder of the bundle that serves, None where none does."""
    served = history(root)
    return root / served[-1] if served else None


def promote(root: Path, bundle_id: str) -> Path:
    """Make a bundle the champion and give its folder; NotFound where it is not there."""
    folder = _known(root, bundle_id)
    served = history(root)
    if not served or served[-1] != bundle_id:
        replace_text(root / POINTER, "\n".join([*served, bundle_id]) + "\n")
    if _tried(root) == bundle_id:  # rolled back, it is not tried again by itself
        (root / CHALLENGER).unlink(missing_ok=True)
    return folder


def challenge(root: Path, bundle_id: str) -> Path:
    """Have a bundle tried beside the champion and give its folder; NotFound where it is not there.

    It takes the place of the one that was tried before.
    """
    folder = _known(root, bundle_id)
    replace_text(root / CHALLENGER, bundle_id + "\n")
    return folder


def challenger(root: Path) -> Path | None:
    """Folder of the bundle that is tried beside the champion, None where none is."""
    tried = _tried(root)
    return root / tried if tried and tried not in history(root)[-1:] else None


def rollback(root: Path) -> Path:
    """Make the champion before this one serve again; NotFound where there was none."""
    served = history(root)
    if len(served) < 2:
        raise NotFound("a champion before this one", f"{len(served)} in its history",
                       "promote another bundle instead")
    replace_text(root / POINTER, "\n".join(served[:-1]) + "\n")
    return root / served[-2]


def bundles(root: Path) -> tuple[str, ...]:
    """Ids of all bundles of a program, by the day they know up to."""
    return tuple(sorted(path.parent.name for path in root.glob(f"*/{MANIFEST}")))


def as_of_ms(folder: Path) -> int:
    """Up to when a bundle knows: UTC milliseconds, from its manifest alone."""
    return int(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["as_of_ms"])


def _tried(root: Path) -> str:
    try:
        return (root / CHALLENGER).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _known(root: Path, bundle_id: str) -> Path:
    if not (root / bundle_id / MANIFEST).is_file():
        known = ", ".join(bundles(root)) or "none"
        raise NotFound("the id of a bundle", f"{bundle_id}; there are: {known}", "name one of them")
    return root / bundle_id
