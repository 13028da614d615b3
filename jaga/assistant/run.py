"""`jaga mcp`: the server over standard input and output, until the host hangs up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from features.errors import BadConfig, Unavailable
from serving.secretfiles import secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY: Final = "JAGA_KEY"
OURS: Final = ("features", "models", "training", "serving", "jaga")
"""A module of these that is missing is a fault of ours, not of the installation."""


def run(url: str, pages: str | None = None, environment: Mapping[str, str] | None = None) -> None:
    """Serve one assistant.

    Parameters
    ----------
    url : str
        Origin of the running service.
    pages : str or None
        Origin of the pages; None: the service, which leads a browser there.
    environment : mapping or None
        Where the key is, or the name of its file; None: the environment of this process.

    Raises
    ------
    BadConfig
        No key, a file that can't be read, or an address that is none.
    Unavailable
        Where the package `mcp` is not installed.
    """
    key = key_of(os.environ if environment is None else environment)
    try:
        import anyio
        from mcp.server.stdio import stdio_server

        from jaga.assistant.asking import Service, origin_of
        from jaga.assistant.server import make_server
        from jaga.assistant.tool import Pages
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in OURS:
            raise
        raise Unavailable("the packages mcp and httpx", f"none of the name {error.name}",
                          "pip install 'jaga[assistant]'") from error
    server = make_server(Service(url, key), Pages(origin_of(pages or url)))

    async def serve() -> None:
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    anyio.run(serve)


def key_of(environment: Mapping[str, str]) -> str:
    """Read the key; it is never told.

    >>> key_of({"JAGA_KEY": "jaga_1"})
    'jaga_1'
    >>> key_of({})
    Traceback (most recent call last):
    features.errors.BadConfig: Wanted an API key in JAGA_KEY, or in the file that JAGA_KEY_FILE ...
    """
    key = secret_of(environment, KEY).strip()
    if not key:
        raise BadConfig(f"an API key in {KEY}, or in the file that {KEY}_FILE names", "none",
                        "make one that only reads: jaga key create --role auditor")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise BadConfig(f"an API key of one word in {KEY}", "another text",
                        "copy it again, as jaga key create showed it")
    return key
