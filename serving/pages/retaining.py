"""What the pages of the retention desk share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from serving.roles import may
from serving.tour import read_tour

if TYPE_CHECKING:
    from starlette.requests import Request

    from features.exports.program import Program
    from features.store.journal import Journal
    from serving.identity.users import Person
    from serving.pages.shell import Shell
    from serving.pages.words import Words
    from serving.retention.kept import Kept, Reader

HERE: Final = "/retention"


def kept_of(reader: Reader, journal: Journal) -> Kept | None:
    """What is kept for a program's desk; None where nothing is."""
    with journal.database.reading() as store:
        erased = store.rows("SELECT COALESCE(MAX(entry), 0) FROM erasures WHERE program = ?",
                            (journal.key,))[0][0]
    return reader.kept(journal.program.program_id, int(erased))


def now_of(shell: Shell) -> int:
    """Milliseconds since 1970 by the clock of the service, which in a demo's home is set back."""
    return shell.clock() - read_tour(shell.shelf.path).behind_ms


def may_write(person: Person, program_id: str) -> bool:
    """Whether somebody may draft and launch in a program."""
    return any(may(role, "suggest") for program, role in person.roles if program == program_id)


def words_of(shell: Shell, request: Request, program: Program) -> Words:
    """Words in the language of who asks."""
    return shell.look.words(shell.look.language(request), program)
