"""Pages over two programs, and people of each role: what tests of the door ask."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from features.store.home import Home

WORD = "eleven brown geese walking"


class House:
    """Pages over two programs, and people of each role."""

    def __init__(self, home: Home, app: Any, serving_app: Any, csrf_of: Any) -> None:
        self.home = home
        self.app = app
        self._serving_app = serving_app
        self.csrf_of = csrf_of

    @contextmanager
    def browser(self, name: str = "") -> Iterator[httpx.Client]:
        with self._serving_app(self.app) as client:
            if name:
                answer = self.sign_in(client, name)
                assert answer.status_code == 303, answer.text
            yield client

    def sign_in(self, client: httpx.Client, name: str, password: str = WORD, **fields: str
                ) -> httpx.Response:
        form = {"name": name, "password": password, "csrf": self.csrf_of(client), **fields}
        return client.post("/sign-in", data=form)
