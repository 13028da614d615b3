"""A process that ends is started again, later each time; the one beside it goes on."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from features.errors import Unavailable
from serving import serve
from serving.addresses import is_free, origin_of
from serving.kept import LONGEST_PAUSE_S, Kept
from serving.serve import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENDS, STAYS = "raise SystemExit(3)", "import time; time.sleep(120)"


class Starting:
    """Starts real processes of a script, and ends those that stay."""

    def __init__(self) -> None:
        self.made: list[subprocess.Popen[bytes]] = []

    def __call__(self, script: str) -> Callable[[], subprocess.Popen[bytes]]:
        def start() -> subprocess.Popen[bytes]:
            self.made.append(subprocess.Popen([sys.executable, "-S", "-c", script]))
            return self.made[-1]
        return start


@pytest.fixture
def starting() -> Iterator[Starting]:
    found = Starting()
    yield found
    for process in found.made:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(10)


def test_it_is_started_again_after_a_pause_that_grows(starting: Starting) -> None:
    """Never before the pause is over, never later than a minute, and each end is announced."""
    now_s, said = [0.0], []
    kept = Kept("pages", starting(ENDS), said.append, clock=lambda: now_s[0])
    pauses = []
    for _ in range(8):
        kept.process.wait(10)
        kept.look()
        begun, begin_s = len(starting.made), now_s[0]
        while len(starting.made) == begun:
            now_s[0] += 0.5
            kept.look()
        pauses.append(now_s[0] - begin_s)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert said[0].startswith("The pages ended with status 3; they start again in 1 s.")
    assert len(said) == kept.ends == 8
    now_s[0] += LONGEST_PAUSE_S
    kept.process.wait(10)
    kept.look()
    assert said[-1].startswith("The pages ended with status 3; they start again in 1 s.")


def test_the_end_of_the_pages_does_not_end_the_service(starting: Starting) -> None:
    """They come back; only the end of the service itself is an error."""
    said: list[str] = []
    pages = Kept("pages", starting(STAYS), said.append, clock=lambda: time.monotonic() * 20)
    started = Running("127.0.0.1", 3000, starting(STAYS)(), pages)
    serve._check_alive(started)
    first = pages.process
    first.kill()
    deadline = time.monotonic() + 30
    while pages.process is first:
        serve._check_alive(started)
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert pages.process.poll() is None
    assert len(said) == 1
    started.service.kill()
    started.service.wait(10)
    with pytest.raises(Unavailable, match="service"):
        serve._check_alive(started)
    serve._stop(started)
    assert pages.process.poll() is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost", "::1", "::"])
def test_a_port_is_free_until_somebody_listens_on_it(host: str) -> None:
    """By the addresses of either kind; what a name means is looked up."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as taken:
        try:
            taken.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        except OSError:
            pytest.skip("this machine has no addresses of that kind")
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(host, port)
    assert is_free(host, port)
    if ":" in host:
        assert serve._environment(serve.ROOT, host, port)["JAGA_URL"] == origin_of("::1", port)
