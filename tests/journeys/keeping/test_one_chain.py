"""Several writers, one chain: no number twice, none left out, each entry behind the one before."""

from __future__ import annotations

import threading
from typing import Any

from features.store.chain import Chain
from features.store.home import Home
from serving.audit.jobs import examine
from serving.audit.leaves import SORT
from serving.audit.sealer import seal

WRITERS, EACH = 4, 25


def test_writers_at_once_make_one_chain(lived: Any) -> None:
    """Each with connections of his own, some of them sealing."""
    def write(name: str) -> None:
        home = Home(lived.path, lived.url)
        for n in range(EACH):
            with home.database.writing() as store:
                Chain(store, 1).add("exported", name, n)
                if n % 5 == 0:
                    seal(store, 1, SORT["verdicts"], n)
        home.close()

    start = len(list(entries(lived)))
    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = entries(lived)
    assert [entry.number for entry in found] == list(range(1, start + WRITERS * EACH + 1))
    for n in range(WRITERS):
        assert [entry.at_ms for entry in found if entry.who == f"w{n}"] == list(range(EACH))
    assert examine(lived.home.journal(), lived.path).findings == []


def entries(lived: Any) -> list[Any]:
    with lived.home.database.reading() as store:
        return list(Chain(store, 1).entries())
