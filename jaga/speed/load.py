"""A lean load client: ready bytes over kept connections, one thread, no library in between.

It costs about 20 us a request, so that on two cores the service is what is measured. Under closed
load every connection has one request on its way; under open load requests leave on a schedule
drawn beforehand, and a time runs from the scheduled moment: one that had to wait for its turn has
waited, whoever made it wait.
"""

from __future__ import annotations

import gc
import select
import socket
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from features.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

LARGEST: Final = 1 << 18
OK: Final = 200
PATIENCE_S: Final = 10.0
"""Seconds without an answer after which the service counts as gone."""
APPROVED: Final = b'"would_have":"approve"'
_LENGTH: Final = b"content-length: "


@dataclass
class Run:
    """What became of the requests of one run.

    Parameters
    ----------
    seconds : float
        From the first request to the last answer.
    times : list of float
        Seconds of each answer, in the order in which they came.
    statuses : dict of int to int
        Answers by HTTP status.
    approved : int
        Answers that say ``approve`` under full enforcement.
    """

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    approved: int = 0

    @property
    def rate(self) -> float:
        """Answers a second that say what was asked for; a refusal is none."""
        return self.statuses.get(OK, 0) / self.seconds

    def ms(self, quantile: float) -> float:
        """A quantile of the times in milliseconds."""
        return round(float(np.quantile(self.times, quantile)) * 1000, 3)

    def add(self, answer: bytes, seconds: float) -> None:
        """Take an answer in."""
        self.times.append(seconds)
        status = int(answer[9:12])
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.approved += APPROVED in answer


def post(path: str, body: bytes, key: str = "") -> bytes:
    """Write a whole request.

    >>> post("/v1/verdicts", b"{}", "jaga_1").count(b"Authorization: Bearer jaga_1")
    1
    """
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
            f"Content-Length: {len(body)}", *([f"Authorization: Bearer {key}"] if key else [])]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def closed_load(
    ports: int | Sequence[int], requests: Sequence[bytes], connections: int, seconds: float
) -> Run:
    """Keep one request on its way on every connection until time or requests run out.

    Connections go to the ports by turns, of which each is one replica.

    Raises
    ------
    Unavailable
        Where the service does not answer for `PATIENCE_S`.
    """
    run, waiting = Run(), iter(requests)
    with _connected(ports, connections) as sockets, select.epoll() as poll, _quiet():
        started: dict[int, float] = {}
        partial = dict.fromkeys(sockets, b"")
        begin = time.perf_counter()
        for number, each in sockets.items():
            poll.register(number, select.EPOLLIN)
            _send(each, waiting, number, started)
        while started:
            ready = poll.poll(PATIENCE_S)
            if not ready:
                raise _gone()
            for number, _ in ready:
                answer = partial[number] + sockets[number].recv(LARGEST)
                if not _is_whole(answer):
                    partial[number] = _going_on(answer)
                    continue
                partial[number] = b""
                now = time.perf_counter()
                run.add(answer, now - started.pop(number))
                if now - begin < seconds:
                    _send(sockets[number], waiting, number, started)
        run.seconds = time.perf_counter() - begin
    return run


def open_load(
    ports: int | Sequence[int], requests: Sequence[bytes], connections: int, rate: float, seed: int
) -> Run:
    """Send requests at random moments, ``rate`` a second on average, whatever comes back.

    The moments are a Poisson process of ``seed``. A request for which no connection is free waits
    for one, and its time goes on.

    Raises
    ------
    Unavailable
        Where the service does not answer for `PATIENCE_S`.
    """
    run = Run()
    moments = schedule(len(requests), rate, seed)
    with _connected(ports, connections) as sockets, _quiet():
        free, due = deque(sockets), 0
        since: dict[int, float] = {}
        partial = dict.fromkeys(sockets, b"")
        begin = time.perf_counter()
        while due < len(requests) or since:
            now = time.perf_counter() - begin
            while due < len(requests) and free and moments[due] <= now:
                number = free.popleft()
                sockets[number].sendall(requests[due])
                since[number], due = moments[due], due + 1
            pause = PATIENCE_S
            if due < len(requests) and free:
                pause = max(0.0, moments[due] - (time.perf_counter() - begin))
            ready = select.select(since, (), (), pause)[0]
            if not ready and pause == PATIENCE_S:
                raise _gone()
            for number in ready:
                answer = partial[number] + sockets[number].recv(LARGEST)
                if not _is_whole(answer):
                    partial[number] = _going_on(answer)
                    continue
                partial[number] = b""
                run.add(answer, time.perf_counter() - begin - since.pop(number))
                free.append(number)
        run.seconds = time.perf_counter() - begin
    return run


def schedule(count: int, rate: float, seed: int) -> list[float]:
    """Draw moments of a Poisson process, in seconds from the start, rising."""
    gaps: npt.NDArray[np.float64] = np.random.default_rng(seed).exponential(1 / rate, count)
    return np.cumsum(gaps).tolist()


@contextmanager
def _connected(
    ports: int | Sequence[int], connections: int
) -> Iterator[dict[int, socket.socket]]:
    listed = [ports] if isinstance(ports, int) else list(ports)
    sockets: dict[int, socket.socket] = {}
    try:
        for number in range(connections):
            each = socket.create_connection(("127.0.0.1", listed[number % len(listed)]),
                                            timeout=PATIENCE_S)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sockets[each.fileno()] = each
        yield sockets
    finally:
        for each in sockets.values():
            each.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without garbage collection, whose pauses would be told as the service's."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _send(
    each: socket.socket, waiting: Iterator[bytes], number: int, started: dict[int, float]
) -> None:
    request = next(waiting, None)
    if request is not None:
        started[number] = time.perf_counter()
        each.sendall(request)


def _is_whole(answer: bytes) -> bool:
    r"""Whether all of an answer with a length is there.

    >>> _is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    True
    """
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    at = answer.lower().find(_LENGTH, 0, end)
    if at < 0:
        return True
    line = answer[at + len(_LENGTH) : answer.index(b"\r", at)]
    return len(answer) >= end + 4 + int(line)


def _going_on(answer: bytes) -> bytes:
    if not answer:
        raise _gone()
    return answer


def _gone() -> Unavailable:
    return Unavailable("an answer from the service", "none", "read its messages above")
