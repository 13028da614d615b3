"""`jaga mcp` as a host starts it: a process that speaks over its standard input and output."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mcp
import pytest

from tests.unit.jaga.assistant.conftest import HELD

if TYPE_CHECKING:
    from tests.unit.jaga.assistant.conftest import House

pytestmark = pytest.mark.filterwarnings("default")
ROOT = Path(__file__).parents[4]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAGA_")}
    return kept | {"PYTHONPATH": str(ROOT)} | more


def test_a_host_starts_it_asks_and_hangs_up(house: House, tmp_path: Path) -> None:
    """The key lies in a file; the process ends with its host."""
    key = tmp_path / "key"
    key.write_text(house.keys["auditor"] + "\n")
    key.chmod(0o600)
    started = mcp.StdioServerParameters(
        command=sys.executable, args=["-m", "jaga", "mcp", "--url", house.url],
        env=environment(JAGA_KEY_FILE=str(key)), cwd=tmp_path)

    async def ask() -> tuple[Any, Any, Any]:
        async with mcp.Client(mcp.stdio_client(started)) as client:
            tools = await client.list_tools()
            role = await client.call_tool("show_role", {})
            return tools, role, await client.call_tool("draft_decision", {
                "case_id": HELD, "decision": "keep", "reason": "No invoice."})

    tools, role, draft = asyncio.run(ask())
    assert "draft_decision" in [tool.name for tool in tools.tools]
    assert role.structured_content["role"] == "auditor"
    assert draft.structured_content["open_page"] == f"{house.url}/review/acme/{HELD}"
    assert house.get(f"/events/{HELD}").json()["status"] == "held"
    assert list(tmp_path.iterdir()) == [key]


def test_without_a_key_it_says_how_to_make_one(tmp_path: Path) -> None:
    """On standard error, with status 2; standard output belongs to the protocol."""
    done = subprocess.run([sys.executable, "-m", "jaga", "mcp"], env=environment(), cwd=tmp_path,
                          capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "jaga key create --role auditor" in " ".join(done.stderr.split())
