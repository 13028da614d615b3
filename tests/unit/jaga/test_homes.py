"""Where a verb finds the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaga.homes import open_home

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_verb_works_on_the_journal_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting of the service names the database of every verb; without it, the folder's."""
    monkeypatch.delenv("JAGA_DATABASE_URL", raising=False)
    assert open_home(tmp_path).url == f"sqlite:///{tmp_path / 'journal.sqlite'}"
    assert not open_home(tmp_path).is_shared
    monkeypatch.setenv("JAGA_DATABASE_URL", "postgresql+psycopg://127.0.0.1/jaga")
    assert open_home(tmp_path).url == "postgresql+psycopg://127.0.0.1/jaga"
    assert open_home(tmp_path).is_shared
