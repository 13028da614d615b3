"""A backtest of a drafted policy, run aside: a process of its own, at the lowest priority."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, Literal

from features.errors import Conflict, JagaError
from features.store.home import Home
from models.files import replace_text
from serving.backtest.run import backtest
from serving.settings import read_settings

State = Literal["none", "running", "failed", "done"]
REPORT: Final = "report.json"
WRONG: Final = "wrong.txt"
DRAFT: Final = "draft.yaml"
LOWEST: Final = 19
"""The niceness that takes what nobody else wants (nice(2))."""


class Trials:
    """Starts backtests of drafts, one at a time, and reads what they found.

    Parameters
    ----------
    home : Path
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: dict[Path, subprocess.Popen[bytes]] = {}

    def start(self, program_id: str, number: int, text: str) -> None:
        """Try a draft over the whole journal.

        Raises
        ------
        Conflict
            While another one runs: each takes a processor for minutes.
        """
        folder = self._folder(program_id, number)
        if any(one.poll() is None for one in self._running.values()):
            raise Conflict("no backtest under way", "one that runs", "wait until it is done")
        folder.mkdir(parents=True, exist_ok=True)
        for name in (REPORT, WRONG):
            (folder / name).unlink(missing_ok=True)
        replace_text(folder / DRAFT, text)
        self._running[folder] = subprocess.Popen(
            [sys.executable, "-m", "serving.policytrial", str(self._home), program_id,
             str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def state(self, program_id: str, number: int) -> State:
        """Say how far the backtest of a draft is; none where it was never asked for."""
        folder = self._folder(program_id, number)
        if (folder / REPORT).is_file():
            return "done"
        process = self._running.get(folder)
        if process is not None and process.poll() is None:
            return "running"
        return "failed" if process is not None or (folder / WRONG).is_file() else "none"

    def report(self, program_id: str, number: int) -> dict[str, Any] | None:
        """Read what a backtest found; None where it is not done."""
        path = self._folder(program_id, number) / REPORT
        if not path.is_file():
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _folder(self, program_id: str, number: int) -> Path:
        return self._home / "reports" / program_id / "policy-drafts" / str(number)


def run(home: str, program_id: str, folder: str) -> int:
    """Try the draft of a folder, and leave what was found or was wrong beside it.

    Numbers only: the events that would be judged otherwise are named nowhere, as an auditor reads
    the page, and nobody looks after these files when a person is erased.
    """
    os.nice(LOWEST)
    opened = Home(home, read_settings().url)
    try:
        found = backtest(opened, program_id, [Path(folder) / DRAFT])
        replace_text(Path(folder) / REPORT, json.dumps(found.body, allow_nan=False))
    except JagaError as error:
        replace_text(Path(folder) / WRONG, f"{error}\n")
        return 1
    finally:
        opened.close()
    return 0


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:4]))
