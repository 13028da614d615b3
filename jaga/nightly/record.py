"""The record of a night: which steps are done, what each read and wrote; replaced as a whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from features.errors import BadInput
from models.answers import rfc3339
from models.files import replace_text

if TYPE_CHECKING:

    from features.store.head import Head
    from jaga.nightly.night import Night

FILE: Final = "run.json"
Status = Literal["running", "done", "skipped", "failed", "blocked"]
FINISHED: Final = ("done", "skipped")
"""Steps that are not done again in the same night."""


@dataclass
class Entry:
    """One step in the record.

    Parameters
    ----------
    status : str
        running, done, skipped (there was nothing to do for it), failed, or blocked: a step it
        needs did not end well.
    sentence : str
        What it did, or why it did not.
    head : dict
        Where the journal stood when it began: ``number, seq, place``.
    wrote : list of str
        Files below the home, and tables with their rows.
    figures : dict
        Numbers behind the sentence.
    seconds : float
    """

    status: Status
    sentence: str = ""
    head: dict[str, int] = field(default_factory=dict)
    wrote: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


class Record:
    """Reads and writes the record of one night.

    Parameters
    ----------
    night : Night
    acts_ms : int
        The moment at which what is done tonight is done; that of the first start stays.

    Raises
    ------
    BadInput
        Where the folder holds the record of another moment.
    """

    def __init__(self, night: Night, acts_ms: int) -> None:
        self._night = night
        self._path = night.folder / FILE
        self.acts_ms = acts_ms
        self.steps: dict[str, Entry] = {}
        if self._path.is_file():
            self._read()

    def is_finished(self, step: str) -> bool:
        """Whether a step needs not be done again."""
        entry = self.steps.get(step)
        return entry is not None and entry.status in FINISHED

    def began(self, step: str, head: Head) -> None:
        """Write down that a step is under way."""
        self.put(step, Entry("running", head={"number": head.number, "seq": head.seq,
                                              "place": head.place}))

    def put(self, step: str, entry: Entry) -> None:
        """Write a step down, durably."""
        self.steps[step] = entry
        self._night.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False, default=str)
        replace_text(self._path, text + "\n")

    def as_dict(self) -> dict[str, Any]:
        """Everything in it, for JSON."""
        return {
            "program_id": self._night.program_id, "night": self._night.day,
            "as_of": rfc3339(self._night.as_of_ms), "as_of_ms": self._night.as_of_ms,
            "acts_ms": self.acts_ms,
            "steps": {name: asdict(entry) for name, entry in self.steps.items()},
        }

    def _read(self) -> None:
        raw = json.loads(self._path.read_text(encoding="utf-8"))
        if raw["as_of_ms"] != self._night.as_of_ms:
            raise BadInput(f"the night of {rfc3339(self._night.as_of_ms)} in its folder",
                           f"a record of {raw['as_of']}", f"move {self._path.parent} away")
        self.acts_ms = int(raw["acts_ms"])
        self.steps = {name: Entry(**entry) for name, entry in raw["steps"].items()}
