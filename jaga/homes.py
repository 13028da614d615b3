"""The home a verb works on, its journal where the service has it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.home import Home


def open_home(path: Path) -> Home:
    """Open a home; its journal lies in the folder, else where ``JAGA_DATABASE_URL`` says.

    The address may lie in a file that ``JAGA_DATABASE_URL_FILE`` names.

    Examples
    --------
    >>> from pathlib import Path
    >>> open_home(Path("a-home-that-is-empty")).programs()
    []
    """
    from features.store.home import Home
    from serving.secretfiles import secret_of

    return Home(path, secret_of(os.environ, "JAGA_DATABASE_URL") or None)
