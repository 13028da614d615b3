"""What `jaga serve` started ends with it, and its port is free for the next start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from features.errors import Unavailable
from serving import serve
from serving.leash import LEASH, put_on_leash

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
CHILD = "import time; from serving.leash import put_on_leash; put_on_leash(); time.sleep(120)"
PARENT = ("import os, subprocess, sys, time; "
          f"child = subprocess.Popen([sys.executable, '-c', {CHILD!r}], "
          f"env={{**os.environ, {LEASH!r}: str(os.getpid())}}); "
          "print(child.pid, flush=True); time.sleep(120)")


def comes_true(what: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_child_ends_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(1.0)
    assert not is_gone(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert comes_true(lambda: is_gone(child))


def test_a_child_ends_whose_starter_was_gone_before_it_looked() -> None:
    starter = subprocess.Popen([sys.executable, "-c", ""])
    starter.wait()
    child = subprocess.Popen([sys.executable, "-c", CHILD], cwd=ROOT,
                             env={**os.environ, LEASH: str(starter.pid)})
    assert child.wait(60) == -signal.SIGTERM


def test_a_process_that_nobody_leashed_stays() -> None:
    put_on_leash({})
    assert "leash" not in {thread.name for thread in threading.enumerate()}


def test_a_signal_before_the_service_is_ready_stops_all_of_it(tmp_path: Path) -> None:
    port = serve.free_port("127.0.0.1", 23_500 + os.getpid() % 5_000)
    command = [sys.executable, "-m", "jaga", "serve", "--home", str(tmp_path), "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    me = psutil.Process(process.pid)
    assert comes_true(lambda: len(me.children()) >= 2)
    children = [child.pid for child in me.children(recursive=True)]
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert all(comes_true(lambda pid=pid: is_gone(pid)) for pid in children)


def test_a_named_port_that_is_taken_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "PORT_WAIT_S", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"ports {port} and {port + 1} free"):
            serve.serve(tmp_path, port=port)
