from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.home import Home

ROOT = Path(__file__).parents[3]


def test_a_killed_ingest_leaves_the_journal_as_it_was(
    home: Home, export: Callable[..., Path], command: Callable[[Path], list[str]]
) -> None:
    """kill -9 in the middle of the writing; then the same ingest runs to its end."""
    ingest(home, export("first", 100))
    before = home.journal().frame("scans")
    second = export("second", 200_000)
    wal = home.path / "journal.sqlite-wal"
    with subprocess.Popen(command(second), stdout=subprocess.PIPE, text=True, cwd=ROOT,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        assert process.stdout is not None
        while "write members" not in process.stdout.readline():
            assert process.poll() is None
        size = wal.stat().st_size if wal.exists() else 0
        deadline = time.monotonic() + 60
        while wal.stat().st_size <= size and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    journal = home.journal()
    assert journal.frame("scans").equals(before)
    assert journal.number("event", "second000000") == 0
    report = ingest(home, second)
    assert (report.tables["scans"].new, report.tables["scans"].rejects) == (200_000, 0)
    assert len(journal.frame("scans")) == 200_100
