"""Names of the features in the vectors that are stored with verdicts, by bundle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from models.bundle import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path


class Layouts:
    """Reads what a bundle's manifest says of its features, and nothing else of it.

    Parameters
    ----------
    root : Path
        Folder of the program's bundles.

    Examples
    --------
    >>> from pathlib import Path
    >>> Layouts(Path("no-such-folder")).names("b-1")
    ()
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, tuple[str, ...]] = {}

    def names(self, bundle_id: str) -> tuple[str, ...]:
        """Names in their order; none where the bundle is gone."""
        if bundle_id not in self._known:
            self._known[bundle_id] = self._read(bundle_id)
        return self._known[bundle_id]

    def _read(self, bundle_id: str) -> tuple[str, ...]:
        if not bundle_id or bundle_id in (".", "..") or "/" in bundle_id or ":" in bundle_id:
            return ()
        try:
            manifest = json.loads((self._root / bundle_id / MANIFEST).read_bytes())
            return tuple(manifest["event_features"])
        except (OSError, ValueError, KeyError):
            return ()
