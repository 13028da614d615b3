"""What people do at the review desk: each act checked, stored, and told with its consequence.

An act that moves points, writes to a partner or changes the program's own files is stored at once
and takes effect after the time in which it can be undone (`serving.review.applying`). What only
the desk sees, and entries of lists, act at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from features.errors import BadCell
from serving.archive import Archive
from serving.commits import Work
from serving.review import causes
from serving.review.actions import Actions
from serving.review.doing import Doing, Teller
from serving.review.eyes import Insiders, read_insiders
from serving.review.looking import Looking
from serving.review.second import Seconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.store.store import Store
    from features.store.writing import Writing
    from serving.review.actions import Action
    from serving.review.together import Together
    from serving.served import Served

    Asked = Mapping[str, Any]

NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "decide": ("decision", "reason"), "undo": ("action_id",), "approve": ("action_id",),
    "reject": ("action_id", "reason"), "snooze": ("until",), "note": ("text",),
    "declare": ("kind", "subject_id"), "list": ("list", "kind", "subject_id"),
    "void_batch": ("batch_id", "note"), "pause_campaign": ("campaign_id", "note"),
    "resume_campaign": ("campaign_id", "note"),
}
"""Fields without which an act means nothing."""
REASONS: Final = ("reason", "note")
"""Fields that say why: a consequence is shown before anybody wrote them."""
UNSAID: Final = "-"
NOBODY: Final = Insiders()


class DeskActs:
    """The acts of one program's desk.

    Parameters
    ----------
    served : Served
    insiders : Path or None
        Where the daily look at people inside writes.
    """

    def __init__(self, served: Served, insiders: Path | None = None) -> None:
        self._live, self._do, self._clock = served
        self._folder = insiders

    async def act(self, asked: Asked, by: str) -> dict[str, Any]:
        """Do what a person asks for; the same ``action_id`` again answers the same.

        Raises
        ------
        BadInput
            A field is missing or wrong.
        Forbidden
            A linked account, or an act of somebody else that is not his to undo or approve.
        NotFound
            An event without a case, or an act, batch or campaign that is not there.
        Conflict
            Somebody was first, or the act no longer fits.
        """
        _check(asked)
        insiders = await run_in_threadpool(read_insiders, self._folder)
        reach = await run_in_threadpool(self._reach, asked)
        matter = await run_in_threadpool(self._matter, asked, by)
        told = Teller(by)

        def act(writing: Writing) -> dict[str, Any]:
            return Doing(self._live, writing, asked, by, self._clock(), insiders, told,
                         matter).run(reach)

        return dict(await self._do(Work(act, alone=asked["act"] in ("list", "declare"))))

    async def preview(self, asked: Asked, by: str) -> dict[str, Any]:
        """Say what an act would do; nothing is written, and no reason is needed yet.

        Raises
        ------
        BadInput, NotFound
            As `act`.
        """
        _check(asked, REASONS)
        unsaid = {name: asked.get(name) or UNSAID for name in REASONS}
        return await run_in_threadpool(self._preview, {**asked, **unsaid}, by)

    def listed(self, case_id: str | None, status: str | None, by: str) -> dict[str, Any]:
        """List acts, the newest first; one that a person must not know of is left out."""
        journal = self._live.journal
        with journal.database.reading() as store:
            actions = Actions(store, journal.key)
            found = actions.listed(case_id, [status] if status else [])
            hidden = Seconds(store, journal.key).hidden_from(by, [each.action_id for each in found])
            return {"actions": [
                each.to_json([result for _, result in actions.events(each.action_id)])
                | {"about": _about(store, journal.key, each)}
                for each in found if each.action_id not in hidden]}

    def _reach(self, asked: Asked) -> causes.Reach | None:
        """Count what a batch holds, beside the writing thread: there may be many codes."""
        if asked["act"] != "void_batch":
            return None
        journal = self._live.journal
        with journal.database.reading() as store:
            number = Archive(store, journal.key).number("batch", str(asked["batch_id"]))
            return causes.reach_of(store, journal.key, "batch", number) if number else None

    def _matter(self, asked: Asked, by: str) -> Together | None:
        """Find what an act counts together with, beside the writing thread: it reads all alerts."""
        with self._live.journal.database.reading() as store:
            return Looking(self._live, store, asked, by, self._clock(), NOBODY).find_matter()

    def _preview(self, asked: Asked, by: str) -> dict[str, Any]:
        journal, now_ms = self._live.journal, self._clock()
        insiders = read_insiders(self._folder)
        with journal.database.reading() as store:
            return Looking(self._live, store, asked, by, now_ms, insiders).tell()


def _check(asked: Asked, without: tuple[str, ...] = ()) -> None:
    """Refuse an act that lacks what it needs, some fields aside."""
    for field in NEEDED.get(asked["act"], ()):
        if field not in without and not str(asked.get(field) or "").strip():
            raise BadCell(field, f"what to {asked['act'].replace('_', ' ')}", "none")


def _about(store: Store, key: int, action: Action) -> list[dict[str, str]]:
    """Name what a list or a declaration speaks of, a batch or a campaign."""
    about = [*action.body.get("about", ()), *(
        (kind, action.body[kind]) for kind in ("batch", "campaign") if kind in action.body)]
    archive = Archive(store, key)
    return [{"kind": kind, "id": name} for kind, number in about
            for name in archive.names(kind, [number]).values()]
