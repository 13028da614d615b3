"""The service's settings: read from the environment once, then frozen."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from features.errors import BadConfig

if TYPE_CHECKING:
    from collections.abc import Mapping


SECRET_PREFIX: Final = "whsec_"
SECRET_BYTES: Final = (24, 64)
"""Bounds of a secret's length (Standard Webhooks, "Signature scheme")."""


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
    webhook_url : str or None
        Where the program takes messages; None: it sends by itself. ``JAGA_WEBHOOK_URL``.
    webhook_secrets : tuple of bytes
        Sign the messages, all of them each; ``JAGA_WEBHOOK_SECRET``, or the file that
        ``JAGA_WEBHOOK_SECRET_FILE`` names, with a space between two.
    """

    home: Path = Path("var")
    url: str | None = None
    redis_url: str | None = None
    pages_url: str = ""
    body_limit: int = 1_000_000
    batch_limit: int = 8_000_000
    waiting_limit: int = 1_000
    webhook_url: str | None = None
    webhook_secrets: tuple[bytes, ...] = field(default=(), repr=False)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from environment variables.

    Raises
    ------
    BadConfig
        A number that is none, a Redis without a database that several services can share, or a
        webhook without a secret or an address.

    Examples
    --------
    >>> read_settings({"JAGA_HOME": "/srv/jaga", "JAGA_BODY_LIMIT": "5000"}).body_limit
    5000
    """
    env = os.environ if environment is None else environment
    _check_shared(env)
    url = env.get("JAGA_WEBHOOK_URL") or None
    return Settings(
        home=Path(env.get("JAGA_HOME", "var")),
        url=env.get("JAGA_DATABASE_URL") or None,
        redis_url=env.get("JAGA_REDIS_URL") or None,
        pages_url=env.get("JAGA_PAGES_URL", ""),
        body_limit=_number(env, "JAGA_BODY_LIMIT", Settings.body_limit),
        batch_limit=_number(env, "JAGA_BATCH_LIMIT", Settings.batch_limit),
        waiting_limit=_number(env, "JAGA_WAITING_LIMIT", Settings.waiting_limit),
        webhook_url=_web_address(url) if url else None,
        webhook_secrets=_secrets(env) if url else (),
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


def _web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_web = False
    if not is_web or parts.username is not None:
        raise BadConfig("a http or https address without a user in JAGA_WEBHOOK_URL",
                        "another text", "correct it, or unset it: the program sends by itself then")
    return url


def _secrets(env: Mapping[str, str]) -> tuple[bytes, ...]:
    """Read the secrets; what came is never told."""
    text, path = env.get("JAGA_WEBHOOK_SECRET", ""), env.get("JAGA_WEBHOOK_SECRET_FILE", "")
    if path and not text:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfig("a file that can be read in JAGA_WEBHOOK_SECRET_FILE",
                            type(error).__name__, "check its path and its rights") from error
    found = tuple(_secret(word) for word in text.split())
    if not found:
        raise BadConfig("JAGA_WEBHOOK_SECRET or JAGA_WEBHOOK_SECRET_FILE beside JAGA_WEBHOOK_URL",
                        "neither", "make one: openssl rand -base64 32")
    return found


def _secret(word: str) -> bytes:
    try:
        secret = base64.b64decode(word.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        secret = b""
    if not SECRET_BYTES[0] <= len(secret) <= SECRET_BYTES[1]:
        raise BadConfig("webhook secrets of 24 to 64 bytes in base64", "another text",
                        "make one: openssl rand -base64 32")
    return secret
