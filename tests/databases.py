"""A PostgreSQL database of its own for whoever asks."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sql

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = os.environ.get("JAGA_TEST_POSTGRES_URL",
                        "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@contextmanager
def database() -> Iterator[str]:
    """Address of a database, dropped afterwards; without a server the test fails."""
    name = f"jaga_test_{uuid.uuid4().hex[:12]}"
    server = sql.create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield sql.make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()
