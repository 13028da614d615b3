"""The load client of the verdict benchmark: what it sends, what it counts, whose time it tells."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from features.errors import Unavailable
from jaga.speed.load import closed_load, open_load, post, schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

PAUSE_S = 0.05


class Echo(socketserver.ThreadingTCPServer):
    """A server that keeps bodies, and answers one request at a time after a pause."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.bodies: list[bytes] = []
        self.port = int(self.server_address[1])
        self.pause_s = 0.0
        self.turn = threading.Lock()


class Answering(socketserver.StreamRequestHandler):
    """Answers every request of a connection, in two parts."""

    server: Echo

    def handle(self) -> None:
        while line := self.rfile.readline():
            length = 0
            while line not in (b"", b"\r\n"):
                name, _, value = line.partition(b": ")
                length = int(value) if name.lower() == b"content-length" else length
                line = self.rfile.readline()
            with self.server.turn:
                self.server.bodies.append(self.rfile.read(length))
                time.sleep(self.server.pause_s)
            told = b'{"would_have":"approve"}'
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(told)
                             + told[:9])
            self.wfile.flush()
            self.wfile.write(told[9:])


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join(10)


def test_each_request_is_sent_once_and_answers_in_parts_are_joined(echo: Echo) -> None:
    """Under either kind of load every request arrives once, and every answer is counted."""
    bodies = [b'{"n":%d}' % n for n in range(40)]
    closed = closed_load(echo.port, [post("/", body) for body in bodies], 4, 60)
    assert sorted(echo.bodies) == sorted(bodies)
    assert (closed.statuses, closed.approved, len(closed.times)) == ({200: 40}, 40, 40)
    echo.bodies.clear()
    opened = open_load(echo.port, [post("/", body) for body in bodies], 4, 1000, 0)
    assert sorted(echo.bodies) == sorted(bodies)
    assert (opened.statuses, opened.approved, len(opened.times)) == ({200: 40}, 40, 40)


def test_who_waits_for_a_slow_answer_has_waited(echo: Echo) -> None:
    """Ten requests due at once, answered one after the other: the last has waited for all."""
    echo.pause_s = PAUSE_S
    run = open_load(echo.port, [post("/", b"{}")] * 10, 2, 1e6, 0)
    assert max(run.times) >= 9 * PAUSE_S
    assert np.median(run.times) >= 4 * PAUSE_S


def test_a_service_that_is_gone_is_told() -> None:
    """No answer and a closed connection is no answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def hang_up() -> None:
            server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises((Unavailable, ConnectionError)):
            closed_load(server.getsockname()[1], [post("/", b"{}")], 1, 1)
        thread.join(10)


def test_moments_are_those_of_the_rate_and_the_seed() -> None:
    """Rising, as many a second as asked, the same again for the same seed."""
    moments = schedule(20_000, 500, 3)
    assert moments == schedule(20_000, 500, 3) != schedule(20_000, 500, 4)
    assert (np.diff(moments) > 0).all()
    assert moments[-1] == pytest.approx(40, rel=0.05)
