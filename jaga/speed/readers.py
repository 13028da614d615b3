"""People at the desks while verdicts are asked for: pages opened one after the other."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

import httpx

from features.errors import Unavailable
from features.store.home import Home
from jaga.speed.load import OK
from serving.identity.administering import add_user
from serving.keys import now_ms

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

HOST: Final = "127.0.0.1"
NAME: Final = "benchmark"
PASSWORD: Final = "nine grey herons at dusk"
"""Of a person who exists in a copied home for as long as it is measured."""
PACE_S: Final = 0.5
"""Seconds between two pages: about what ten people who read what they open ask for together."""
PAGES: Final = ("/review", "/copilot", "/retention", "/members", "/policy", "/model")
PATIENCE_S: Final = 120.0
_TOKEN: Final = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_CASE: Final = re.compile(r'href="(/review/[^"/?]+/[^"]+)" class="entry"')


def add_reader(home: Path) -> None:
    """Add the person who opens the pages to a home."""
    opened = Home(home)
    try:
        add_user(opened, NAME, ["admin"], None, now_ms(), password=PASSWORD)
    finally:
        opened.close()


@dataclass
class Readers:
    """Opens pages in a thread of its own while a block runs.

    Parameters
    ----------
    port : int
        Of the pages.
    member : str
        Whose page is opened too.
    """

    port: int
    member: str
    times: dict[str, list[float]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __enter__(self) -> Readers:
        self._ending = threading.Event()
        self._client = httpx.Client(base_url=f"http://{HOST}:{self.port}", timeout=30)
        try:
            self._sign_in()
        except BaseException:
            self._client.close()
            raise
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._ending.set()
        self._thread.join()
        self._client.close()

    def figures(self) -> dict[str, dict[str, float]]:
        """Milliseconds of each page: of the first time it was opened, the median, the most."""
        return {page: {"first": round(spent[0], 1), "median": round(median(spent), 1),
                       "most": round(max(spent), 1), "times": len(spent)}
                for page, spent in self.times.items()}

    def _sign_in(self) -> None:
        for _ in range(int(PATIENCE_S)):
            if self._client.get("/readyz").status_code == OK:
                break
            time.sleep(1)
        form = _TOKEN.search(self._client.get("/sign-in").text)
        answer = self._client.post("/sign-in", data={
            "name": NAME, "password": PASSWORD, "csrf": form.group(1) if form else ""})
        if answer.status_code != 303:
            raise Unavailable("pages that let the benchmark's person in",
                              f"status {answer.status_code}", "run it on a fresh copy of the world")

    def _read(self) -> None:
        try:
            while not self._ending.is_set():
                self._round()
        except httpx.HTTPError as error:
            self.problems.append(type(error).__name__)

    def _round(self) -> None:
        for page in (*PAGES, f"/members/{self.member}"):
            shown = self._open(page, page if page in PAGES else "a member")
            case = _CASE.search(shown) if page == "/review" else None
            if case:
                self._open(case.group(1), "a case")

    def _open(self, path: str, name: str) -> str:
        if self._ending.wait(PACE_S):
            return ""
        begin = time.perf_counter()
        answer = self._client.get(path)
        self.times.setdefault(name, []).append((time.perf_counter() - begin) * 1000)
        if answer.status_code != OK:
            self.problems.append(f"{name}: {answer.status_code}")
        return answer.text

