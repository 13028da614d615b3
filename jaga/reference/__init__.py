"""Pages of reference that are written from the code: what is declared is what is documented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jaga.reference import api, commands, event_features, reason_codes, settings, tables

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES: Final[dict[str, Callable[[], str]]] = {
    "api.md": api.page,
    "commands.md": commands.page,
    "tables.md": tables.page,
    "features.md": event_features.page,
    "reasons.md": reason_codes.page,
    "settings.md": settings.page,
}
"""Each page under ``reference/`` and what writes it, in Markdown."""
