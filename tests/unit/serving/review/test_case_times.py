"""Times on a case's page are those of what happened, in the program's own time zone."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from serving.pages import cookies
from serving.pages.app import build
from serving.pages.shelf import Shelf

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""


def test_a_case_tells_when_it_happened_not_when_it_came(desk: Any) -> None:
    """A scan that a phone sent later stands where it was made, in the table and the picture."""
    desk.scan("a", occurred_at="2025-03-03T23:30:00Z")
    with desk.serve(build(Shelf(desk.path))) as client:
        page = httpx.get(f"{client.base_url}/review/acme/a", cookies={
            cookies.SESSION: desk.tokens["rina"]}, headers={"Accept-Language": "es"}).text
    assert ">4 mar 2025, 6:30<" in page
    drawn = [json.loads(text) for text in re.findall(
        r'<script type="application/json">(.*?)</script>', page, re.DOTALL)]
    x = {value for one in drawn for trace in one["data"] for value in trace["x"]
         if trace.get("marker", {}).get("symbol") == "diamond"}
    assert x == {"2025-03-04T06:30:00+07:00"}
