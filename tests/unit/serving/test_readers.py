"""People who open pages beside the verdict benchmark: the real pages, as somebody signed in."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import Unavailable
from jaga.speed.readers import PAGES, Readers, add_reader
from serving.pages.app import build
from serving.pages.shelf import Shelf

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""


def test_every_desk_is_opened_and_timed(made: Any, serving_app: Any, tmp_path: Path,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    """In turn, as somebody who has signed in; what does not open is told."""
    monkeypatch.setattr("jaga.speed.readers.PACE_S", 0.0)
    home = tmp_path / "home"
    shutil.copytree(made.path, home)
    add_reader(home)
    with serving_app(build(Shelf(home))) as client:
        with Readers(client.base_url.port, "nobody") as readers:
            while not {*PAGES, "a member"} <= readers.times.keys() and not readers.problems:
                time.sleep(0.05)
        assert set(readers.problems) <= {"a member: 404"}
        figures = readers.figures()
        assert set(PAGES) <= figures.keys()
        assert all(0 < each["median"] <= each["most"] for each in figures.values())


def test_who_is_not_let_in_is_told(made: Any, serving_app: Any, tmp_path: Path) -> None:
    """A home to which nobody was added."""
    home = tmp_path / "home"
    shutil.copytree(made.path, home)
    with (serving_app(build(Shelf(home))) as client,
          pytest.raises(Unavailable, match="let the benchmark's person in"),
          Readers(client.base_url.port, "m-1")):
        pass
