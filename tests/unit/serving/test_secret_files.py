"""Settings of identity: secrets from files, proxies, rates, how long sessions last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from features.errors import BadConfig
from jaga.homes import open_home
from serving.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

URL = "postgresql+psycopg://jaga:hunter2@db.acme.example/jaga"


def test_addresses_with_passwords_may_lie_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the database and of Redis, for the service and for every verb."""
    database, redis = tmp_path / "database", tmp_path / "redis"
    database.write_text(f"{URL}\n")
    redis.write_text("redis://:hunter2@127.0.0.1:6379/0")
    env = {"JAGA_DATABASE_URL_FILE": str(database), "JAGA_REDIS_URL_FILE": str(redis)}
    settings = read_settings(env)
    assert settings.url == URL
    assert settings.redis_url == "redis://:hunter2@127.0.0.1:6379/0"
    assert read_settings(env | {"JAGA_DATABASE_URL": "postgresql+psycopg://h/x"}).url != URL
    monkeypatch.delenv("JAGA_DATABASE_URL", raising=False)
    monkeypatch.setenv("JAGA_DATABASE_URL_FILE", str(database))
    assert open_home(tmp_path).url == URL


def test_a_file_that_can_not_be_read_is_named_and_its_text_is_not(tmp_path: Path) -> None:
    """Missing, empty, or no text."""
    empty, bytes_ = tmp_path / "empty", tmp_path / "bytes"
    empty.write_text("\n")
    bytes_.write_bytes(b"\xff\xfe hunter2")
    for path in (tmp_path / "missing", empty, bytes_, tmp_path):
        with pytest.raises(BadConfig, match="JAGA_DATABASE_URL_FILE") as refused:
            read_settings({"JAGA_DATABASE_URL_FILE": str(path)})
        assert "hunter2" not in str(refused.value)


def test_what_is_set_is_taken_and_what_is_not_is_careful() -> None:
    """Nobody is believed to be a proxy, sessions end, keys have no rate."""
    settings = read_settings({})
    assert settings.trusted_proxies == ()
    assert settings.key_rate is None
    assert settings.provider is None
    assert (settings.session_idle_minutes, settings.session_hours) == (60, 12)
    set_ones = read_settings({
        "JAGA_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::1", "JAGA_KEY_RATE": "50",
        "JAGA_SESSION_IDLE_MINUTES": "15", "JAGA_SESSION_HOURS": "8"})
    assert set_ones.trusted_proxies == ("10.0.0.0/8", "2001:db8::1")
    assert set_ones.key_rate == 50
    assert (set_ones.session_idle_minutes, set_ones.session_hours) == (15, 8)


@pytest.mark.parametrize(("name", "text"), [
    ("JAGA_TRUSTED_PROXIES", "*"), ("JAGA_TRUSTED_PROXIES", "proxy.acme.example"),
    ("JAGA_TRUSTED_PROXIES", "10.0.0.1/8"), ("JAGA_KEY_RATE", "many"), ("JAGA_KEY_RATE", "0"),
    ("JAGA_SESSION_HOURS", "-1"), ("JAGA_SESSION_IDLE_MINUTES", "0.5")])
def test_a_setting_that_can_not_be_is_refused(name: str, text: str) -> None:
    """A star would believe everybody; the sentence names the variable."""
    with pytest.raises(BadConfig, match=name):
        read_settings({name: text})
