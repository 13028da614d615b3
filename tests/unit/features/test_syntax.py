"""Formulas are parsed by one thread at a time."""

from __future__ import annotations

import ast
import gc
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from features.syntax import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMULA = "(a + b * (c - d)) / (e + f * (g - h))"


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads that change often, and garbage that is collected while a tree is made."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-5)
    gc.set_threshold(50)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


class Garbage:
    """Runs code when it is collected, as a thread's turn may end there."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        sum(range(50))


@pytest.mark.usefixtures("hurried")
def test_threads_that_parse_at_once_do_not_disturb_each_other() -> None:
    """Without turns some of these end in a SystemError of the interpreter.

    Other code parses too, and takes no turns.
    """
    wrong: list[str] = []

    def parse() -> None:
        for _ in range(2000):
            Garbage()
            try:
                parsed(FORMULA)
            except SystemError as error:
                wrong.append(str(error))

    def parse_otherwise() -> None:
        for _ in range(2000):
            with suppress(SystemError):
                ast.parse(FORMULA)

    threads = [threading.Thread(target=parse) for _ in range(3)]
    threads.append(threading.Thread(target=parse_otherwise))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
