"""One signed POST against a real server: what came of it, and what is never done."""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import BadConfig
from serving.outbox.message import Message, message_of
from serving.outbox.patience import LONGEST_MS, TRIES, rest_ms, wait_ms
from serving.outbox.signature import headers_of
from serving.outbox.webhook import Answer
from serving.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from serving.outbox.webhook import Webhook

    Make = Callable[..., Webhook]

WHOLE = base64.b64encode(b"x" * 32).decode()


def message(ref: str = "d-1") -> Message:
    return message_of("acme", "mission.send", ref, 7, {"decision_id": ref, "name": "Añu"}, 0)


def test_a_message_arrives_signed_and_to_the_byte(listener: Any, webhook_for: Make) -> None:
    """The listener checks the signature by itself; the id is that of the message."""
    webhook = webhook_for(listener.url)
    assert webhook.post(message()) == Answer("http_204", taken=True)
    assert listener.bodies == [message().body.encode()]
    assert listener.ids == [message().message_id]


def test_a_connection_is_used_again_until_the_receiver_closes_it(
    listener: Any, webhook_for: Make
) -> None:
    """One connection for many messages; a new one where the old one is gone."""
    webhook = webhook_for(listener.url)
    listener.answers = [(200, {}), (200, {}), (200, {"Connection": "close"})]
    assert all(webhook.post(message(f"d-{n}")).taken for n in range(4))
    assert len(listener.connections) == 2


def test_a_connection_closed_in_silence_costs_no_try(webhook_for: Make) -> None:
    """A receiver may close an idle connection between two messages without a word."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(2):
                connection, _ = server.accept()
                connection.recv(65_536)
                connection.sendall(answer)
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        webhook = webhook_for(f"http://127.0.0.1:{server.getsockname()[1]}/")
        assert [webhook.post(message(f"d-{n}")).code for n in range(2)] == ["http_200"] * 2
        thread.join(10)


@pytest.mark.parametrize(("status", "headers", "expected"), [
    (200, {}, Answer("http_200", taken=True)),
    (400, {}, Answer("http_400")),
    (500, {}, Answer("http_500")),
    (503, {"Retry-After": "7"}, Answer("http_503", False, 7_000, is_down=True)),
    (429, {"Retry-After": "soon"}, Answer("http_429", is_down=True)),
    (307, {"Location": "http://127.0.0.1:1/"}, Answer("http_307")),
])
def test_an_answer_says_what_came_of_it(
    listener: Any, webhook_for: Make, status: int, headers: dict[str, str], expected: Answer
) -> None:
    """Only 2xx is taken; a redirect is not followed."""
    listener.answers = [(status, headers)]
    assert webhook_for(listener.url).post(message()) == expected
    assert len(listener.ids) == 1


def test_silence_and_absence_are_answers(listener: Any, webhook_for: Make) -> None:
    """A receiver that says nothing in time, and one that is not there."""
    listener.answers = [(0, {})]
    slow = webhook_for(listener.url, timeout_s=0.1)
    assert slow.post(message()) == Answer("timeout", is_down=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    gone = webhook_for(f"http://127.0.0.1:{port}/")
    assert gone.post(message()) == Answer("unreachable", is_down=True)


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path, webhook_for: Make) -> None:
    """Nothing is sent to a host that can't prove its name."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    got = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    got.append(secured.recv(100))
            except OSError:
                got.append(b"")
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        webhook = webhook_for(f"https://127.0.0.1:{server.getsockname()[1]}/")
        assert webhook.post(message()) == Answer("tls", is_down=True)
        thread.join(10)
    assert got == [b""]


def test_the_signature_covers_id_time_and_body() -> None:
    """Any change changes it; two secrets give two signatures, each on its own."""
    def signed(secrets: list[bytes], name: str, at: int, body: bytes) -> str:
        return headers_of(secrets, name, at, body)["webhook-signature"]

    base = signed([b"a"], "msg_1", 1, b"{}")
    others = [signed([b"b"], "msg_1", 1, b"{}"), signed([b"a"], "msg_2", 1, b"{}"),
              signed([b"a"], "msg_1", 2, b"{}"), signed([b"a"], "msg_1", 1, b"{ }")]
    assert len({base, *others}) == 5
    assert signed([b"a", b"b"], "msg_1", 1, b"{}") == f"{base} {others[0]}"


def test_waits_grow_apart_and_end() -> None:
    """Half to one and a half times 5 s, 20 s ...; other messages wait otherwise; a bound holds."""
    for tries in range(1, TRIES):
        rule = min(5_000 * 4 ** (tries - 1), LONGEST_MS)
        waits = {wait_ms(f"msg_{n}", tries) for n in range(200)}
        assert len(waits) > 150
        assert rule / 2 <= min(waits) < 0.6 * rule
        assert 1.4 * rule < max(waits) <= 1.5 * rule
    assert wait_ms("m", 1, asked_ms=10**12) == 24 * 3_600_000
    assert [rest_ms(n) for n in (1, 2, 7, 500)] == [1_000, 2_000, 60_000, 60_000]


@pytest.mark.parametrize(("more", "told"), [
    ({"JAGA_WEBHOOK_URL": "ftp://host/"}, "JAGA_WEBHOOK_URL"),
    ({"JAGA_WEBHOOK_URL": "https://who:word@host/"}, "JAGA_WEBHOOK_URL"),
    ({"JAGA_WEBHOOK_URL": "https://"}, "JAGA_WEBHOOK_URL"),
    ({"JAGA_WEBHOOK_URL": "https://host:99999/"}, "JAGA_WEBHOOK_URL"),
    ({"JAGA_WEBHOOK_SECRET": ""}, "JAGA_WEBHOOK_SECRET"),
    ({"JAGA_WEBHOOK_SECRET": "hunter2"}, "24 to 64 bytes"),
    ({"JAGA_WEBHOOK_SECRET": base64.b64encode(b"short").decode()}, "24 to 64 bytes"),
    ({"JAGA_WEBHOOK_SECRET": "", "JAGA_WEBHOOK_SECRET_FILE": "/no/such/file"}, "SECRET_FILE"),
])
def test_a_webhook_without_address_or_secret_stops_the_start(
    more: dict[str, str], told: str
) -> None:
    """The error names the variable and never what was in it."""
    env = {"JAGA_WEBHOOK_URL": "https://host/", "JAGA_WEBHOOK_SECRET": WHOLE} | more
    with pytest.raises(BadConfig, match=told) as caught:
        read_settings(env)
    assert "hunter2" not in str(caught.value)
    assert "word" not in str(caught.value)


def test_secrets_are_read_and_never_shown(tmp_path: Path) -> None:
    """From the variable or a file, with or without the prefix, two while one is replaced."""
    env = {"JAGA_WEBHOOK_URL": "https://host/", "JAGA_WEBHOOK_SECRET": f"whsec_{WHOLE} {WHOLE}"}
    settings = read_settings(env)
    assert settings.webhook_secrets == (b"x" * 32, b"x" * 32)
    assert "xxx" not in repr(settings)
    (tmp_path / "secret").write_text(f"{WHOLE}\n")
    env |= {"JAGA_WEBHOOK_SECRET": "", "JAGA_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")}
    assert read_settings(env).webhook_secrets == (b"x" * 32,)
    assert read_settings({"JAGA_WEBHOOK_SECRET": "unused"}).webhook_secrets == ()
