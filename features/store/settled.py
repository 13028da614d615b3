"""What a program is set to: as its export says, but for what people put in force at a desk.

A desk has its say where somebody put an enforcement in force or published a mission there. From
then on an export changes neither that mission nor the enforcement any more, whatever its files
say: they are older, or were not looked at by a second person. Everything else is the export's.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, NamedTuple

from features.exports.missions import Mission, build_missions
from features.exports.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.store.journal import Journal
    from features.store.store import Store

log = logging.getLogger("jaga.settled")


class Settled(NamedTuple):
    """Settings of a program and what it can offer.

    Parameters
    ----------
    program : Program
    missions : list of Mission
    kept : tuple of str
        Where a desk decided otherwise than the export says: ``enforcement``, ids of missions.
    """

    program: Program
    missions: list[Mission]
    kept: tuple[str, ...] = ()

    @classmethod
    def parse(cls, settings: str, missions: str) -> Settled:
        """Read them as they are stored."""
        return cls(Program.model_validate_json(settings),
                   [Mission.model_validate(item) for item in json.loads(missions)])

    def texts(self) -> tuple[str, str]:
        """Write settings and missions as they are stored."""
        return (self.program.model_dump_json(by_alias=True), json.dumps(
            [mission.model_dump(mode="json", by_alias=True) for mission in self.missions]))


def settle(store: Store, program: Program, missions: Sequence[Mission] | None) -> Settled:
    """Tell what a program is set to once an export has spoken.

    Parameters
    ----------
    store : Store
        The transaction.
    program : Program
        As program.yaml says.
    missions : sequence of Mission or None
        As missions.yaml lists them; None: there is no such file, and they stay as they are.

    Raises
    ------
    BadConfig
        Where the missions of the file do not go together with those of the desk.

    Examples
    --------
    >>> import tempfile
    >>> from features.store.home import Home
    >>> home = Home(tempfile.mkdtemp())
    >>> journal = home.create(Program(program_id="acme", enforcement="hold"))
    >>> with home.database.reading() as store:
    ...     settle(store, Program(program_id="acme"), None).program.enforcement
    'observe'
    >>> home.close()
    """
    found = store.rows("SELECT program, settings, missions FROM programs WHERE program_id = ?",
                       (program.program_id,))
    if not found:
        return Settled(program, list(missions or ()))
    key, now = int(found[0][0]), Settled.parse(*found[0][1:])
    kept: tuple[str, ...] = ()
    if program.enforcement != now.program.enforcement and _is_enforced_by_desk(store, key):
        program = program.model_copy(update={"enforcement": now.program.enforcement})
        kept = ("enforcement",)
    if missions is None:
        return Settled(program, now.missions, kept)
    published = _published(store, key)
    merged = _merged(missions, now.missions, published)
    if published:
        build_missions(json.loads(Settled(program, merged).texts()[1]), program,
                       "missions.yaml and the desk's missions")
    said, are = ({each.id: each for each in listed} for listed in (missions, now.missions))
    return Settled(program, merged, (*kept, *sorted(
        name for name in published if said.get(name) != are.get(name))))


def refresh(journal: Journal) -> None:
    """Take over the enforcement and the missions that are in force by now.

    Other settings stay those of the start, as the state was made with them. The list of missions
    is changed in place: whoever scores beside us holds the same. What this version of Jaga can't
    read is left, so that verdicts go on.
    """
    with journal.database.reading() as store:
        texts = store.rows("SELECT settings, missions FROM programs WHERE program = ?",
                           (journal.key,))[0]
    try:
        now = Settled.parse(*texts)
    except ValueError:
        log.error("settings of a program can not be read; those before stay in force")
        return
    journal.missions[:] = now.missions
    journal.program = journal.program.model_copy(update={"enforcement": now.program.enforcement})


def _merged(said: Sequence[Mission], now: Sequence[Mission], published: frozenset[str]
            ) -> list[Mission]:
    """The missions of a file, in its order; those that a desk published are as they are now."""
    mine = {each.id: each for each in now if each.id in published}
    merged = [mine.pop(each.id, each) for each in said
              if each.id in mine or each.id not in published]
    return [*merged, *mine.values()]


def _is_enforced_by_desk(store: Store, program: int) -> bool:
    return bool(store.rows("SELECT 1 FROM policy_drafts WHERE program = ? AND kind = 'enforcement' "
                           "AND status = 'in_force' LIMIT 1", (program,)))


def _published(store: Store, program: int) -> frozenset[str]:
    return frozenset(str(name) for (name,) in store.rows(
        "SELECT DISTINCT mission_id FROM mission_drafts WHERE program = ? "
        "AND status = 'published'", (program,)))
