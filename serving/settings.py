"""The service's settings: read from the environment once, then frozen."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import BadConfig

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Settings:
    """What the service needs to know before it starts.

    Parameters
    ----------
    home : Path
        Folder of journal and bundles; ``JAGA_HOME``.
    url : str or None
        Database URL in place of the SQLite file; ``JAGA_DATABASE_URL``.
    redis_url : str or None
        Redis or Valkey, by which several services on one PostgreSQL database learn of each
        other's events quickly; ``JAGA_REDIS_URL``.
    pages_url : str
        Where people find the pages; empty: this service has none. ``JAGA_PAGES_URL``.
    body_limit : int
        Largest body in bytes; ``JAGA_BODY_LIMIT``.
    batch_limit : int
        Largest NDJSON body in bytes; ``JAGA_BATCH_LIMIT``.
    waiting_limit : int
        Requests that may wait for a commit before new ones get 429; ``JAGA_WAITING_LIMIT``.
    """

    home: Path = Path("var")
    url: str | None = None
    redis_url: str | None = None
    pages_url: str = ""
    body_limit: int = 1_000_000
    batch_limit: int = 8_000_000
    waiting_limit: int = 1_000


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from environment variables.

    Raises
    ------
    BadConfig
        A number that is none, or a Redis without a database that several services can share.

    Examples
    --------
    >>> read_settings({"JAGA_HOME": "/srv/jaga", "JAGA_BODY_LIMIT": "5000"}).body_limit
    5000
    """
    env = os.environ if environment is None else environment
    _check_shared(env)
    return Settings(
        home=Path(env.get("JAGA_HOME", "var")),
        url=env.get("JAGA_DATABASE_URL") or None,
        redis_url=env.get("JAGA_REDIS_URL") or None,
        pages_url=env.get("JAGA_PAGES_URL", ""),
        body_limit=_number(env, "JAGA_BODY_LIMIT", Settings.body_limit),
        batch_limit=_number(env, "JAGA_BATCH_LIMIT", Settings.batch_limit),
        waiting_limit=_number(env, "JAGA_WAITING_LIMIT", Settings.waiting_limit),
    )


def _check_shared(env: Mapping[str, str]) -> None:
    if not env.get("JAGA_REDIS_URL"):
        return
    from features.store.database import is_sqlite  # heavy, and few need it

    if is_sqlite(env.get("JAGA_DATABASE_URL") or "sqlite://"):
        raise BadConfig(
            "JAGA_DATABASE_URL of a PostgreSQL database beside JAGA_REDIS_URL", "none",
            "set it, or unset JAGA_REDIS_URL: a single service needs neither")


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) == 0:
        raise BadConfig(f"a whole number above 0 in {name}", repr(text), f"set {name} or unset it")
    return int(text)
