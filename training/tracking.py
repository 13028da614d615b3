"""The tracking pages over a home's runs: ``python -m training.tracking [HOME] [PORT]``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from features.errors import NotFound
from training.settings import Settings, read_settings

PORT: Final = 5000


def server_command(home: Path, port: int, settings: Settings) -> list[str]:
    """Compose the command that serves MLflow's own pages on this machine only.

    Parameters
    ----------
    home : Path
        The folder that holds the registry of `training.registry`.
    port : int
        Where to listen on 127.0.0.1.
    settings : Settings
        For the names of database and artefacts.

    Raises
    ------
    NotFound
        Nothing was trained in this home.
    """
    database = (home / settings.tracking.database).resolve()
    if not database.exists():
        raise NotFound("a home with runs", f"no {database.name} in {home}", "run jaga train first")
    return [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--backend-store-uri", f"sqlite:///{database}",
        "--default-artifact-root", (home / settings.tracking.artifacts).resolve().as_uri(),
    ]


def main(arguments: list[str]) -> None:
    """Replace this process by MLflow's server; a `JagaError` ends it with its sentence."""
    home = Path(arguments[0] if arguments else "var")
    port = int(arguments[1]) if arguments[1:] else PORT
    try:
        command = server_command(home, port, read_settings())
    except NotFound as error:
        sys.exit(str(error))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
