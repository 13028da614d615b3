"""Files of the pages, kept in memory: named by their content, so that a browser keeps them long.

htmx and plotly come from their own packages; no page asks another host for anything.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from features.errors import NotFound

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

HERE: Final = Path(__file__).parent / "static"
PACKAGED: Final = {
    "vendor/htmx.min.js": ("js_lib_htmx", "static/htmx/htmx.min.js"),
    "vendor/plotly.min.js": ("plotly", "package_data/plotly.min.js"),
}
"""Files of other packages, and where each lies in its own."""
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
WORTH_PACKING: Final = 1_000
"""Bytes below which packing gains nothing (RFC 1952 adds 18 of its own)."""
JS: Final = "text/javascript"


@dataclass(frozen=True)
class File:
    """A file: its bytes and what they are."""

    body: bytes
    media: str

    @cached_property
    def tag(self) -> str:
        """The first characters of its content's hash."""
        return hashlib.sha256(self.body).hexdigest()[:16]

    @cached_property
    def packed(self) -> bytes:
        """The same bytes, packed by gzip; without a time in it, so always the same."""
        return gzip.compress(self.body, 6, mtime=0)


class Statics:
    """ASGI application of the files.

    >>> Statics().url("jaga.css").startswith("/static/jaga.css?v=")
    True
    """

    def __init__(self) -> None:
        self._files: dict[str, File] = {}
        self._paths = {path.relative_to(HERE).as_posix(): path
                       for path in HERE.rglob("*") if path.is_file()}
        self._paths |= {name: _packaged(*where) for name, where in PACKAGED.items()}

    def url(self, name: str) -> str:
        """Path of a file by its content; NotFound for a file that is not there."""
        return f"/static/{name}?v={self.file(name).tag}"

    def file(self, name: str) -> File:
        """Read a file, once."""
        if name not in self._files:
            if name not in self._paths:
                raise NotFound("a file of the pages", "another name", "look into static/")
            media = mimetypes.guess_type(name)[0] or "application/octet-stream"
            media = JS if name.endswith(".js") else media
            self._files[name] = File(self._paths[name].read_bytes(), media)
        return self._files[name]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file."""
        request = Request(scope, receive)
        name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        await (await run_in_threadpool(self._answer, request, name))(scope, receive, send)

    def _answer(self, request: Request, name: str) -> Response:
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("read only\n", 405)
        try:
            file = self.file(name)
        except NotFound:
            return PlainTextResponse("no such file\n", 404)
        is_same = request.query_params.get("v") == file.tag
        headers = {"Cache-Control": FOREVER if is_same else ASK_AGAIN, "ETag": f'"{file.tag}"',
                   "Vary": "Accept-Encoding"}
        if f'"{file.tag}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", "") and len(file.body) > WORTH_PACKING:
            headers["Content-Encoding"] = "gzip"
            return Response(file.packed, headers=headers, media_type=file.media)
        return Response(file.body, headers=headers, media_type=file.media)


def _packaged(package: str, path: str) -> Path:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise NotFound(f"the package {package}", "none", "install jaga[serving]")
    return Path(found.submodule_search_locations[0]) / path
