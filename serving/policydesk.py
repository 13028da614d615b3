"""What judges, as people change it: drafted by one, put in force by another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from models.answers import rfc3339
from serving.audit.who import Act
from serving.commits import Work
from serving.policies import Policies
from serving.policydrafts import PolicyDrafts

if TYPE_CHECKING:

    from features.exports.program import Program
    from features.store.writing import Writing
    from serving.policydrafts import Kind, PolicyDraft
    from serving.served import Served

Json = dict[str, Any]


class PolicyDesk:
    """Drafts of one program's policy and enforcement.

    Parameters
    ----------
    served : Served
    """

    def __init__(self, served: Served) -> None:
        self._live, self._do, self._clock = served

    def in_force(self) -> Json:
        """Tell by which policy events are judged now, and how far verdicts are enforced."""
        journal = self._live.journal
        with journal.database.reading() as store:
            history = Policies(store, journal.key).history()
        applied = history[-1] if history else None
        policy = applied.read() if applied else self._live.bundle.policy
        return {
            "policy_version": policy.version, "text": policy.text,
            "enforcement": journal.program.enforcement,
            "bundle_id": self._live.bundle.bundle_id,
            "applied": None if applied is None else {
                "number": applied.number, "at": rfc3339(applied.from_ms), "by": applied.author}}

    async def draft(self, kind: str, text: str, note: str, by: str) -> Json:
        """Keep a draft; errors as of `PolicyDrafts.draft`."""
        return dict(await self._do(Work(partial(
            self._draft, kind=cast("Kind", kind), text=text, note=note, by=by), alone=True)))

    async def end(self, number: int, by: str, *, in_force: bool) -> Json:
        """Put a draft in force, as the second person, or drop it.

        Raises
        ------
        BadConfig, Conflict, NotFound
            As `PolicyDrafts.put_in_force`.
        """
        told, program = await self._do(Work(partial(
            self._end, number=number, by=by, in_force=in_force), alone=True))
        if program is not None:  # once it is committed: what failed changes no verdict
            journal = self._live.journal
            journal.program = journal.program.model_copy(
                update={"enforcement": program.enforcement})
        return dict(told)

    def _draft(self, writing: Writing, kind: Kind, text: str, note: str, by: str) -> Json:
        now_ms = self._clock()
        made = PolicyDrafts(writing.store, writing.key).draft(
            kind, text, note, by, now_ms, self._live.journal.program, self._live.bundle.thresholds)
        Act(f"{kind}_drafted", by).write(writing, now_ms, {"draft": made.number}, {})
        return _told(made)

    def _end(self, writing: Writing, number: int, by: str, in_force: bool
             ) -> tuple[Json, Program | None]:
        """End a draft; what is answered, and the program from now on where that changes."""
        drafts, now_ms = PolicyDrafts(writing.store, writing.key), self._clock()
        program: Program | None = None
        if in_force:
            program = drafts.put_in_force(
                number, by, now_ms, self._live.journal.program, self._live.bundle.thresholds)
        else:
            drafts.withdraw(number, by, now_ms)
        made = drafts.find(number)
        word = "put_in_force" if in_force else "withdrawn"
        Act(f"{made.kind}_draft_{word}", by).write(writing, now_ms, {"draft": number}, {})
        return _told(made), program if made.kind == "enforcement" else None


def _told(draft: PolicyDraft) -> Json:
    return {"draft": draft.number, "kind": draft.kind, "status": draft.status}
