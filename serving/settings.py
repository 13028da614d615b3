"""The service's settings: read from the environment once, then frozen."""

from __future__ import annotations

import base64
import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from features.errors import BadConfig
from features.store.sqlitefile import CACHE_MB
from serving.logs import FORMATS, LEVELS
from serving.provider import Provider, read_provider
from serving.secretfiles import secret_of

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
        Database URL in place of the SQLite file; ``JAGA_DATABASE_URL``, or the file that
        ``JAGA_DATABASE_URL_FILE`` names.
    redis_url : str or None
        Redis or Valkey, by which several services on one PostgreSQL database learn of each
        other's events quickly; ``JAGA_REDIS_URL``, or the file of ``JAGA_REDIS_URL_FILE``.
    pages_url : str
        Where people find the pages; empty: this service has none. ``JAGA_PAGES_URL``.
    body_limit : int
        Largest body in bytes; ``JAGA_BODY_LIMIT``.
    batch_limit : int
        Largest NDJSON body in bytes; ``JAGA_BATCH_LIMIT``.
    cache_mb : int
        Megabytes of an SQLite journal that its writer keeps in memory; ``JAGA_CACHE_MB``.
    waiting_limit : int
        Requests that may wait for a commit before new ones get 429; ``JAGA_WAITING_LIMIT``.
    waiting_ms, answer_ms : int
        A verdict that would wait for longer than the first gets 429 at once; one that is not
        given within the second gets 503. Milliseconds; ``JAGA_WAITING_MS``, ``JAGA_ANSWER_MS``.
    webhook_url : str or None
        Where the program takes messages; None: it sends by itself. ``JAGA_WEBHOOK_URL``.
    webhook_secrets : tuple of bytes
        Sign the messages, all of them each; ``JAGA_WEBHOOK_SECRET``, or the file that
        ``JAGA_WEBHOOK_SECRET_FILE`` names, with a space between two.
    smtp_url : str
        Mail server of the digest, ``smtps://USER:PASSWORD@HOST?from=ADDRESS``; empty: no e-mail
        is sent. ``JAGA_SMTP_URL``, or the file that ``JAGA_SMTP_URL_FILE`` names.
    key_rate : int or None
        Requests a second that one API key may send; None: any number. ``JAGA_KEY_RATE``.
    trusted_proxies : tuple of str
        Addresses and networks whose ``X-Forwarded-Proto`` and ``X-Forwarded-For`` are believed;
        nobody's by default. ``JAGA_TRUSTED_PROXIES``, with a comma between two.
    session_idle_minutes, session_hours : int
        After how long without a page, and after how long at all, a person signs in again;
        ``JAGA_SESSION_IDLE_MINUTES``, ``JAGA_SESSION_HOURS``.
    provider : Provider or None
        Where people of another directory sign in; ``JAGA_OIDC_ISSUER`` and what follows it.
    log_format, log_level : str
        ``text`` or ``json``, an object a line; from which level on lines of ours are written:
        debug, info, warning, error. ``JAGA_LOG_FORMAT``, ``JAGA_LOG_LEVEL``.
    spans_url : str
        Origin of an OpenTelemetry collector that takes spans over HTTP; empty: none are made.
        ``JAGA_OTEL_ENDPOINT``, else ``OTEL_EXPORTER_OTLP_ENDPOINT``.
    """

    home: Path = Path("var")
    url: str | None = None
    redis_url: str | None = None
    pages_url: str = ""
    body_limit: int = 1_000_000
    batch_limit: int = 8_000_000
    cache_mb: int = CACHE_MB
    waiting_limit: int = 1_000
    waiting_ms: int = 200
    answer_ms: int = 900
    webhook_url: str | None = None
    webhook_secrets: tuple[bytes, ...] = field(default=(), repr=False)
    smtp_url: str = field(default="", repr=False)
    key_rate: int | None = None
    trusted_proxies: tuple[str, ...] = ()
    session_idle_minutes: int = 60
    session_hours: int = 12
    provider: Provider | None = None
    log_format: str = "text"
    log_level: str = "warning"
    spans_url: str = ""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from environment variables.

    Raises
    ------
    BadConfig
        A number that is none, a Redis without a database that several services can share, a
        webhook without a secret or an address, a proxy that is no network, or a provider that
        lacks something.

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
        url=secret_of(env, "JAGA_DATABASE_URL") or None,
        redis_url=secret_of(env, "JAGA_REDIS_URL") or None,
        pages_url=env.get("JAGA_PAGES_URL", ""),
        body_limit=_number(env, "JAGA_BODY_LIMIT", Settings.body_limit),
        batch_limit=_number(env, "JAGA_BATCH_LIMIT", Settings.batch_limit),
        cache_mb=_number(env, "JAGA_CACHE_MB", Settings.cache_mb),
        waiting_limit=_number(env, "JAGA_WAITING_LIMIT", Settings.waiting_limit),
        waiting_ms=_number(env, "JAGA_WAITING_MS", Settings.waiting_ms),
        answer_ms=_number(env, "JAGA_ANSWER_MS", Settings.answer_ms),
        webhook_url=_web_address(url) if url else None,
        webhook_secrets=_secrets(env) if url else (),
        smtp_url=secret_of(env, "JAGA_SMTP_URL"),
        key_rate=_number(env, "JAGA_KEY_RATE", 0) or None,
        trusted_proxies=_networks(env.get("JAGA_TRUSTED_PROXIES", "")),
        session_idle_minutes=_number(env, "JAGA_SESSION_IDLE_MINUTES",
                                     Settings.session_idle_minutes),
        session_hours=_number(env, "JAGA_SESSION_HOURS", Settings.session_hours),
        provider=read_provider(env),
        log_format=_word(env, "JAGA_LOG_FORMAT", FORMATS, Settings.log_format),
        log_level=_word(env, "JAGA_LOG_LEVEL", LEVELS, Settings.log_level),
        spans_url=env.get("JAGA_OTEL_ENDPOINT") or env.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
    )


def _check_shared(env: Mapping[str, str]) -> None:
    if not secret_of(env, "JAGA_REDIS_URL"):
        return
    from features.store.database import is_sqlite  # heavy, and few need it

    if is_sqlite(secret_of(env, "JAGA_DATABASE_URL") or "sqlite://"):
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


def _word(env: Mapping[str, str], name: str, words: tuple[str, ...], default: str) -> str:
    word = env.get(name, "").lower() or default
    if word not in words:
        raise BadConfig(f"one of {', '.join(words)} in {name}", repr(word)[:50],
                        f"set {name} or unset it")
    return word


def _networks(text: str) -> tuple[str, ...]:
    found = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in found:
        try:
            ipaddress.ip_network(word)
        except ValueError as error:
            raise BadConfig("addresses or networks such as 10.0.0.0/8 in JAGA_TRUSTED_PROXIES",
                            repr(word)[:50], "write numbers, with a comma between two") from error
    return found


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
    found = tuple(_secret(word) for word in secret_of(env, "JAGA_WEBHOOK_SECRET").split())
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
