"""The tracking pages open over a home's own registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from features.errors import NotFound
from training.settings import read_settings
from training.tracking import server_command

if TYPE_CHECKING:
    from pathlib import Path


def test_the_pages_read_the_home_s_database(tmp_path: Path) -> None:
    """Database and artefacts are those of the home, on this machine only."""
    (tmp_path / "mlflow.db").touch()
    command = server_command(tmp_path, 5001, read_settings())
    assert f"sqlite:///{tmp_path / 'mlflow.db'}" in command
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "5001"


def test_a_home_without_runs_is_told(tmp_path: Path) -> None:
    """Nothing was trained: a sentence, no empty database."""
    with pytest.raises(NotFound, match="run jaga train first"):
        server_command(tmp_path, 5000, read_settings())
