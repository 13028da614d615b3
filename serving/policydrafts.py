"""Drafts of what judges: a policy, or how far it is enforced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from features.errors import BadInput
from features.exports.program import Program
from serving.drafts import Drafts
from serving.policies import Policies, examined

if TYPE_CHECKING:
    from models.thresholds import Thresholds

Kind = Literal["policy", "enforcement"]
Status = Literal["waiting", "in_force", "withdrawn", "replaced"]
ENFORCEMENTS: Final = ("observe", "hold", "full")
LONGEST: Final = 50_000
"""Characters of a draft; the policy that comes with Jaga has some thousand."""


class PolicyDraft(NamedTuple):
    """A change as somebody wants it.

    Parameters
    ----------
    number : int
        From 1 on.
    kind : str
        ``policy``, whose text is YAML, or ``enforcement``, whose text is one of `ENFORCEMENTS`.
    text, note : str
        What, and why.
    author : str
    at_ms : int
    status : str
        waiting, in_force, withdrawn or replaced (by a newer draft of the same kind).
    second : str
        Who put it in force or withdrew it; empty while it waits.
    second_ms : int or None
    """

    number: int
    kind: Kind
    text: str
    note: str
    author: str
    at_ms: int
    status: Status
    second: str
    second_ms: int | None


class PolicyDrafts(Drafts[PolicyDraft]):
    """Drafts of a program's policy and of how far it is enforced."""

    table = "policy_drafts"
    says = ("kind", "text", "note")
    in_force = "in_force"

    def draft(self, kind: Kind, text: str, note: str, by: str, ms: int, program: Program,
              thresholds: Thresholds | None = None) -> PolicyDraft:
        """Keep a draft; the one of its kind that waits gives way.

        Raises
        ------
        BadConfig
            A policy that breaks the schema or contradicts itself.
        BadInput
            No note, a text that is too long, or an enforcement that there is not, or is in force;
            and as `Drafts`.
        """
        if not note.strip():
            raise BadInput("why it should change", "an empty note", "write a sentence")
        if len(text) > LONGEST or len(note) > LONGEST:
            raise BadInput(f"at most {LONGEST:,} characters", f"{max(len(text), len(note)):,}",
                           "shorten it")
        if kind == "policy":
            examined(text, program, thresholds)
        else:
            _check_enforcement(text, program)
        self._store.take_turn(self._program)
        return self._keep((kind, text, note.strip()), by, ms)

    def put_in_force(self, number: int, by: str, ms: int, program: Program,
                     thresholds: Thresholds | None = None) -> Program:
        """Put a draft in force, by another person than drafted it; the program from now on.

        Raises
        ------
        BadConfig
            A policy that does not fit the program any more.
        Conflict
            By its author, or where it does not wait any more.
        NotFound
            No such draft.
        """
        found = self._for_second(number, by)
        if found.kind == "policy":
            Policies(self._store, self._program).apply(found.text, by, ms, program, thresholds)
        else:
            program = self._enforce(found.text)
        self._put_in_force(found, by, ms)
        return program

    def history(self, most: int = 30) -> list[PolicyDraft]:
        """The newest drafts, the newest first."""
        return self._rows("ORDER BY draft DESC LIMIT ?", (most,))

    def _read(self, row: tuple[Any, ...]) -> PolicyDraft:
        return PolicyDraft(*row)

    def _enforce(self, word: str) -> Program:
        """Write how far verdicts are enforced into the program's settings."""
        text = self._store.rows("SELECT settings FROM programs WHERE program = ?",
                                (self._program,))[0][0]
        program = Program.model_validate({**json.loads(text), "enforcement": word})
        self._store.run("UPDATE programs SET settings = ? WHERE program = ?",
                        (program.model_dump_json(by_alias=True), self._program))
        return program


def _check_enforcement(word: str, program: Program) -> None:
    if word not in ENFORCEMENTS:
        raise BadInput(f"one of {', '.join(ENFORCEMENTS)}", "another word", "choose one of them")
    if word == program.enforcement:
        raise BadInput("another enforcement than now", f"{word}, as it is", "choose another")
