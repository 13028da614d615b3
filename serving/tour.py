"""The tour of a demo home: what to open and what to ask, left there as ``tour.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "tour.json"


class Stop(BaseModel):
    """One thing to open: a title, a sentence, and the page's path."""

    title: str
    sentence: str = ""
    path: str = "/review"


class Tour(BaseModel):
    """What a person should see first; empty where no demo ran.

    Parameters
    ----------
    cases : list of Stop
        Pages to open.
    program_id : str
        The simulated program; empty: the first of the home.
    key : str
        An API key of the simulated program; empty: no line to try.
    user, password : str
        Who may open the pages of a demo, and by what; empty: nobody was made.
    body : dict
        An event to judge; empty: no line to try.
    behind_ms : int
        How far the simulated world's clock lies behind the wall's: a demo is served at the end
        of its own time, not months after it.
    """

    cases: list[Stop] = []
    program_id: str = ""
    key: str = ""
    user: str = ""
    password: str = ""
    body: dict[str, Any] = {}
    behind_ms: int = 0


def read_tour(home: Path) -> Tour:
    """Read ``tour.json``; an empty tour where there is none, or none that can be read.

    >>> from pathlib import Path
    >>> read_tour(Path("no-such-home")).cases
    []
    """
    path = home / FILE
    try:
        return Tour.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return Tour()


def curl_of(tour: Tour, url: str) -> str:
    r"""Write the line that asks for a verdict.

    >>> print(curl_of(Tour(key="jaga_x", body={"kind": "scan"}), "http://127.0.0.1:3000"))
    curl -s http://127.0.0.1:3000/v1/verdicts \
      -H 'Authorization: Bearer jaga_x' -H 'Content-Type: application/json' \
      -d '{"kind": "scan"}'
    """
    body = json.dumps(tour.body, ensure_ascii=False).replace("'", "'\\''")
    return (
        f"curl -s {url}/v1/verdicts \\\n"
        f"  -H 'Authorization: Bearer {tour.key}' -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )
