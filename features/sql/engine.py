"""What both engines have: a folder to work in, and how a script runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from features.errors import Unavailable
from features.sql.alignment import aligned
from features.sql.stage import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from features.sql.stage import Part, Script, Stage

ROUNDS: Final = 100_000
"""Rounds of a loop after which something must be wrong: each settles one more record at least."""


class Engine(ABC):
    """Runs a script over the records in ``folder/records``.

    Parameters
    ----------
    folder : path
        Scratch space: records come in, tables and results are kept, nothing outlives the run.
    """

    at_once = 1
    """Stages that run side by side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tables: set[str] = set()
        self._whole: set[str] = set()

    @property
    def records(self) -> Path:
        """Folder of the parts of ``records``."""
        return self.folder / "records"

    def run(self, script: Script, count: int, rows: int) -> Iterator[pa.Table]:
        """Give the result of ``count`` records, ``rows`` of them at a time, in their order."""
        self._stages(script, rows)
        for first in range(1, count + 1, rows):
            yield aligned([self.read(part, first, first + rows) for part in script.parts])

    def _stages(self, script: Script, rows: int) -> None:
        """Make every table of the script; those that nothing later reads are dropped."""
        self.open(rows)
        kept = {part.table for part in script.parts}
        self._whole = {part.table for part in script.parts if not part.test}
        stages = list(script.stages)
        while stages:
            made = stages[:1] if self.at_once == 1 else script.independent(stages)
            if len(made) > 1:
                with ThreadPoolExecutor(self.at_once) as pool:
                    list(pool.map(self._make, made))
            else:
                self._make(made[0])
            stages = [stage for stage in stages if stage not in made]
            wanted = {*kept, *(name for stage in stages for name in stage.reads)}
            for name in self._tables - wanted:
                self.drop(name)
            self._tables &= wanted

    def _make(self, stage: Stage) -> None:
        self._tables.add(stage.name)
        if stage.name in self._whole:
            self.keep(stage.name, stage.text)
            return
        self.make(stage.name, stage.text)
        if not isinstance(stage, Loop):
            return
        for _ in range(ROUNDS):
            if not self.is_pending(stage.name):
                return
            self.make(f"{stage.name}_again", stage.again)
            self.rename(f"{stage.name}_again", stage.name)
        raise Unavailable("a loop that comes to rest", f"{stage.name} after {ROUNDS} rounds",
                          "report this catalog; the local engine is not concerned")

    @abstractmethod
    def open(self, rows: int) -> None:
        """Make ``records`` readable; the result will be read ``rows`` positions at a time."""

    @abstractmethod
    def make(self, name: str, text: str) -> None:
        """Make a table of a SELECT."""

    @abstractmethod
    def keep(self, name: str, text: str) -> None:
        """Make a table of a SELECT that is a part of the result, and that no stage reads."""

    @abstractmethod
    def rename(self, name: str, to: str) -> None:
        """Put a table in another's place."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Forget a table."""

    @abstractmethod
    def is_pending(self, name: str) -> bool:
        """Whether a row of a table has ``pending`` 1."""

    @abstractmethod
    def read(self, part: Part, first: int, end: int) -> pa.Table:
        """Give the rows of a part with positions in ``[first, end)``, in their order."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what the engine holds."""
