"""What journeys share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.databases import database

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def database_url() -> Iterator[str]:
    """A PostgreSQL database of one test."""
    with database() as url:
        yield url
