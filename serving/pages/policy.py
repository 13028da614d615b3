"""The policy's page: what holds and how it ends, in words; changes drafted, tried, put in force."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from features.contract import EVENT_KINDS
from features.errors import BadInput, NotFound
from models.policy import Policy
from models.thresholds import Thresholds
from serving.champion import bare_bundle
from serving.copilot.papers import read_papers
from serving.pages.look import Problem, sure_person
from serving.pages.service import Service
from serving.policies import Policies
from serving.policydrafts import ENFORCEMENTS, PolicyDraft, PolicyDrafts
from serving.policytrial import Trials
from serving.roles import may
from serving.wire.numbers import draft_number

if TYPE_CHECKING:
    from starlette.requests import Request

    from features.store.journal import Journal
    from serving.pages.shell import Shell

HERE: Final = "/policy"
RULES: Final = ("score", "anomaly", "ring")
CONTEXT: Final = 2
"""Unchanged lines around a change."""
MOST_LINES: Final = 400


class PolicyPages:
    """Policies of a shelf of programs."""

    def __init__(self, shell: Shell, service: Service, trials: Trials) -> None:
        self._shell = shell
        self._service = service
        self._trials = trials

    async def show(self, request: Request) -> Response:
        """Show what is in force and what is drafted."""
        return await self._page(request, await self._shell.program(request, HERE))

    async def _page(self, request: Request, program_id: str, status: int = 200,
                    problem: Problem | None = None, text: str = "", note: str = "") -> Response:
        """Show the page; what somebody wrote in vain stays in its form, beside what is wrong."""
        journal = await run_in_threadpool(self._shell.shelf.journal, program_id)
        context = await run_in_threadpool(self._read, journal)
        person = sure_person(request)
        may_write = any(may(role, "decide") for program, role in person.roles
                        if program == program_id)
        return self._shell.render(request, "policy.html", journal.program, status, here=HERE,
                                  may_write=may_write, name=person.name, problem=problem,
                                  text=text or context["policy"].text, note=note,
                                  enforcements=ENFORCEMENTS, **context)

    async def act(self, request: Request) -> Response:
        """Draft, try, put in force or withdraw, as a form of the page asks."""
        form = await self._shell.form(request)
        program_id = await self._shell.program(request, HERE, form.get("program"))
        act, number = form.get("act", ""), draft_number(form.get("draft", ""))
        if act == "draft":
            text, note = form.get("text", "").replace("\r\n", "\n"), form.get("note", "")
            try:
                await self._service.post(request, program_id, "/desk/policy", {
                    "kind": form.get("kind", ""), "text": text, "note": note})
            except BadInput as error:
                is_policy = form.get("kind") == "policy"
                return await self._page(request, program_id, 400, Problem.of(error),
                                        text if is_policy else "", note if is_policy else "")
        elif act in ("approve", "withdraw") and number is not None:
            await self._service.post(request, program_id, f"/desk/policy/{number}/{act}", {})
        elif act == "try" and number is not None:
            await run_in_threadpool(self._try, request, program_id, number)
        else:
            raise BadInput("an act of the page", "another", "send the page's own form")
        answer = RedirectResponse(f"{HERE}?program={program_id}#drafts", 303)
        return self._shell.tell(request, answer, f"policy.done.{act}")

    def _try(self, request: Request, program_id: str, number: int) -> None:
        """Start a backtest; whoever may draft may see what a draft would do."""
        roles = {role for program, role in sure_person(request).roles if program == program_id}
        if not any(may(role, "decide") for role in roles):
            raise NotFound("a backtest of yours", "another's", "ask a manager or an admin")
        journal = self._shell.shelf.journal(program_id)
        with journal.database.reading() as store:
            draft = PolicyDrafts(store, journal.key).find(number)
        if draft.kind != "policy":
            raise BadInput("a draft of a policy", "another", "try a policy")
        self._trials.start(program_id, number, draft.text)

    def _read(self, journal: Journal) -> dict[str, Any]:
        program_id = journal.program.program_id
        papers = read_papers(self._shell.shelf.path, program_id)
        with journal.database.reading() as store:
            history = Policies(store, journal.key).history()
            drafts = PolicyDrafts(store, journal.key).history()
        bundled = bare_bundle(journal).policy if papers is None else Policy.read(
            self._shell.shelf.path / "bundles" / program_id / papers.bundle_id / "policy.yaml")
        policy = history[-1].read() if history else bundled
        limits = Thresholds.from_json(papers.manifest["thresholds"]) if papers else Thresholds()
        return {
            "policy": policy, "applied": history[-1] if history else None,
            "history": list(reversed(history[-10:])),
            "limits": [(kind, [policy.limit(rule, kind, None, limits) for rule in RULES])
                       for kind in EVENT_KINDS],
            "drafts": [self._shown(program_id, one, policy.text) for one in drafts],
        }

    def _shown(self, program_id: str, draft: PolicyDraft, present: str) -> dict[str, Any]:
        """Show a draft with what it changes and what its backtest found."""
        if draft.kind != "policy":
            return {"draft": draft, "lines": [], "trial": "none", "found": None}
        lines = difflib.unified_diff(present.splitlines(), draft.text.splitlines(), lineterm="",
                                     n=CONTEXT)
        is_waiting = draft.status == "waiting"
        report = self._trials.report(program_id, draft.number) if is_waiting else None
        return {"draft": draft, "lines": list(lines)[2:MOST_LINES] if is_waiting else [],
                "trial": self._trials.state(program_id, draft.number),
                "found": _found(report) if report else None}


def routes(shell: Shell) -> list[Route]:
    """List the policy's pages."""
    pages = PolicyPages(shell, Service(shell.api_url), Trials(shell.shelf.path))
    return [Route(HERE, pages.show), Route(HERE, pages.act, methods=["POST"])]


def _found(report: dict[str, Any]) -> dict[str, Any]:
    """Both candidates side by side, and what changes between them."""
    (_, before), (_, after) = list(report["candidates"].items())[:2]
    changed = next(iter(report["changes"].values()))
    return {"events": report["events"], "changed": changed, "sides": [{
        "held": sum(one[part]["verdicts"]["review"] for part in ("earning", "redemption")),
        "declined": sum(one[part]["verdicts"]["decline"] for part in ("earning", "redemption")),
        "points": sum(one[part]["points_held"] for part in ("earning", "redemption")),
        "fraud": one["earning"]["labelled"]["fraud"]["share"],
        "honest": one["earning"]["labelled"]["honest"]["share"],
        "per_day": one["desk"]["cases_per_day"], "hours": one["desk"]["hours"],
    } for one in (before, after)]}
