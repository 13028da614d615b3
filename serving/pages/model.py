"""The model's page: which bundle judges, how far it is trusted, and where it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from features.errors import NotFound
from models.monitored import monitor_folder
from models.texts import Texts
from serving.copilot.monitored import read_monitored, read_trust
from serving.copilot.papers import Papers, read_papers, read_reliability
from serving.identity.headers import NOTHING
from serving.pages.markdown import blocks
from serving.pages.pictures import picture
from serving.pages.tables import as_csv, wants_csv

if TYPE_CHECKING:
    from starlette.requests import Request

    from features.store.journal import Journal
    from models.trust import Trust
    from serving.copilot.papers import Reliability
    from serving.pages.shell import Shell
    from serving.pages.words import Words

HERE: Final = "/model"
PICTURE: Final = re.compile(r"[a-z0-9_-]{1,60}\.png")
TEXTS: Final = Texts.read()
BOXED: Final = (f"{NOTHING}; sandbox allow-scripts; script-src 'unsafe-inline'; "
                "style-src 'unsafe-inline'; img-src data:; font-src data:")
"""Evidently's page holds its scripts and styles within itself. In a sandbox of an origin of its own
they reach no cookie, no page of ours and no other host."""
COLUMNS: Final = ("score", "kind", "holds_from", "bound_by", "held_per_day", "honest_held",
                  "precision")


class ModelPages:
    """The bundle that serves each program of a shelf."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def show(self, request: Request) -> Response:
        """Show the bundle, what a monitor found, its calibration, its thresholds and its card."""
        journal, papers = await self._papers(request)
        if papers is None:
            return self._shell.render(request, "model.html", journal.program, here=HERE,
                                      papers=None)
        limits = _limits(papers)
        if wants_csv(request):
            return as_csv("thresholds", COLUMNS, ([row[name] for name in COLUMNS]
                                                  for row in limits))
        seen = await run_in_threadpool(_reliability, journal, papers.bundle_id)
        trust = await run_in_threadpool(_trust, journal, papers.bundle_id, self._shell.clock())
        folder = monitor_folder(self._shell.shelf.path, journal.program.program_id)
        looked = await run_in_threadpool(read_monitored, folder, papers.bundle_id)
        words = self._shell.look.words(self._shell.look.language(request), journal.program)
        return self._shell.render(
            request, "model.html", journal.program, here=HERE, papers=papers, limits=limits,
            labels=papers.manifest.get("metrics", {}).get("labels", {}), seen=seen,
            calibration=_drawn(seen, words) if seen else None, card=blocks(papers.card),
            looked=looked, trust=trust, trusted=trust.sentence(TEXTS, TEXTS.language(
                self._shell.look.language(request))))

    async def monitor(self, request: Request) -> Response:
        """Hand out Evidently's page of the newest look: it runs its own scripts, in a sandbox."""
        journal, papers = await self._papers(request)
        folder = monitor_folder(self._shell.shelf.path, journal.program.program_id)
        looked = (await run_in_threadpool(read_monitored, folder, papers.bundle_id) if papers
                  else None)
        if looked is None or looked.page is None:
            raise NotFound("a look at the model that serves", "none", "run jaga monitor")
        body = await run_in_threadpool(looked.page.read_bytes)
        return Response(body, media_type="text/html", headers={"Content-Security-Policy": BOXED})

    async def picture(self, request: Request) -> Response:
        """Hand out a picture of the card."""
        _, papers = await self._papers(request)
        name = request.path_params["name"]
        folder = papers.folder if papers else None
        if folder is None or not PICTURE.fullmatch(name) or not (folder / name).is_file():
            raise NotFound("a picture of the card", "another", "go back to the model's page")
        body = await run_in_threadpool((folder / name).read_bytes)
        return Response(body, media_type="image/png")

    async def _papers(self, request: Request) -> tuple[Journal, Papers | None]:
        program_id = await self._shell.program(request, HERE)
        shelf = self._shell.shelf
        journal = await run_in_threadpool(shelf.journal, program_id)
        return journal, await run_in_threadpool(read_papers, shelf.path, program_id)


def routes(shell: Shell) -> list[Route]:
    """List the model's pages."""
    pages = ModelPages(shell)
    return [Route(HERE, pages.show), Route(f"{HERE}/monitor", pages.monitor),
            Route(f"{HERE}/pictures/{{name}}", pages.picture)]


def _trust(journal: Journal, bundle_id: str, now_ms: int) -> Trust:
    with journal.database.reading() as store:
        return read_trust(store, journal.key, bundle_id, now_ms)


def _reliability(journal: Journal, bundle_id: str) -> Reliability | None:
    with journal.database.reading() as store:
        return read_reliability(store, journal.key, bundle_id)


def _limits(papers: Papers) -> list[dict[str, Any]]:
    """Thresholds with what set each, one row for each score and kind of event."""
    told = papers.manifest.get("metrics", {}).get("limits", {})
    return [{"score": score, "kind": kind, "holds_from": one.get("threshold"),
             **{name: one.get(name) for name in COLUMNS[3:]}}
            for score, kinds in told.items() for kind, one in kinds.items()]


def _drawn(seen: Reliability, words: Words) -> dict[str, Any]:
    most = max(*seen.stated, *seen.seen, 0.01)
    return picture(
        [{"type": "scatter", "mode": "lines", "x": [0, most], "y": [0, most], "tone": "edge",
          "line": {"dash": "dot"}, "name": words.say("model.ideal"), "hoverinfo": "skip"},
         {"type": "scatter", "mode": "lines+markers", "x": seen.stated, "y": seen.seen,
          "tone": "accent", "name": words.say("model.labels")}],
        {"xaxis": {"title": words.say("model.stated"), "tickformat": ".0%"},
         "yaxis": {"title": words.say("model.seen"), "tickformat": ".0%"}})
