"""What `jaga doctor` asks of the audit log: is it whole, and what does no seal hold yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.store.chain import HOME
from serving.audit.check import Check
from serving.audit.heads import HOME_NAME, Heads
from serving.audit.sealer import unsealed

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.database import Database
    from features.store.home import Home
    from features.store.journal import Journal


@dataclass(frozen=True)
class Examined:
    """What was found in one program's log.

    Parameters
    ----------
    findings : list of str
        What is wrong, a phrase each.
    number : int
        The last entry's.
    hash : str
        The last entry's: who keeps number and hash elsewhere can say later what was cut off.
    unsealed : dict of str to int
        Rows of each sort that no seal holds yet: a change of these is not found.
    """

    findings: list[str]
    number: int
    hash: str
    unsealed: dict[str, int]

    @property
    def told(self) -> str:
        """The facts in a line."""
        rest = ", ".join(f"{count:,} {table}" for table, count in self.unsealed.items())
        return (f"{self.number:,} entries, head {self.number}:{self.hash}, not sealed yet: "
                f"{rest or 'nothing'}")


def examine(journal: Journal, home: Path) -> Examined:
    """Hold one program's log, and all it seals, against what is stored; reads all of it.

    Parameters
    ----------
    journal : Journal
    home : Path
        Folder where the heads are written down.
    """
    return _examined(journal.database, journal.key, journal.program.program_id, home)


def examine_home(home: Home) -> Examined:
    """Hold the log of acts that belong to no program, such as on people, against itself."""
    return _examined(home.database, HOME, HOME_NAME, home.path)


def _examined(database: Database, program: int, name: str, home: Path) -> Examined:
    with database.reading() as store:
        check = Check(store, program)
        findings = check.findings(name, Heads(home))
        number, hashed = check.chain.head()
        return Examined(findings, number, hashed, unsealed(store, program))
