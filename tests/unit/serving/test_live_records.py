"""`/v1/records` feeds live facts: each acts on the next verdict, also beside `jaga ingest`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from serving import engine
from serving.api import create_app
from serving.committer import Committer
from serving.explain import explain
from serving.programs import Programs
from serving.routes import records
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from features.store.home import Home

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
ROOT = Path(__file__).parents[3]
INGESTED = 4_000


class Api:
    """Posts with an admin's key, and numbers its scans."""

    def __init__(self, client: httpx.Client, key: str, home: Home) -> None:
        self.client = client
        self.home = home
        self._headers = {"Authorization": f"Bearer {key}"}
        self._count = 0

    def ask(self, path: str, **body: Any) -> Any:
        """Ask, and ask again where the service is busy, as a points engine does."""
        for _ in range(20):
            answer = self.client.post(path, headers=self._headers, **body)
            if answer.status_code != 503:
                break
        return answer

    def rows(self, table: str, *rows: Any) -> dict[str, Any]:
        lines = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
        answer = self.ask(f"/records/{table}", content=lines)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def proof(self, code: str) -> list[str]:
        """Hard proof of the next scan of a code, by whoever has not scanned yet."""
        self._count += 1
        answer = self.ask("/verdicts", json={
            "kind": "scan", "event_id": f"r-{self._count}", "member_id": f"new-{self._count}",
            "points": 20, "proof": "qr", "code_id": code,
            "occurred_at": "2025-03-05T10:00:00+07:00"})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["hard_proof"])


@pytest.fixture
def api(made: Any, serving_app: Callable[..., Any], tmp_path: Path) -> Iterator[Api]:
    shutil.copytree(made.path, tmp_path / "home")
    settings = Settings(home=tmp_path / "home")
    programs = Programs(settings)
    programs.open(wait=True)
    with serving_app(create_app(programs, settings)) as client:
        yield Api(client, made.keys["admin"], programs.home)
    programs.close()


@pytest.mark.parametrize("known_at", [None, "2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z"])
def test_a_row_acts_from_its_arrival_on(api: Api, known_at: str | None) -> None:
    """On the next verdict and on none before, whatever the row says of when it was known."""
    assert api.proof("C-1100") == []
    more = {} if known_at is None else {"known_at": known_at}
    row = {"code_id": "C-1101", "status": "void"} | more
    assert api.rows("codes", row) == {"new": 0, "same": 0, "versions": 1, "rejects": []}
    assert api.proof("C-1101") == ["code_void"]
    assert api.rows("codes", row)["same"] == 1
    assert api.rows("codes", {"code_id": "C-1101", "status": "dispatched",
                              "dispatched_at": "2024-12-01T00:00:00Z"})["versions"] == 1
    assert api.proof("C-1101") == []


def test_a_bad_row_is_told_by_its_line_and_stops_no_other(api: Api) -> None:
    """A cell of the wrong kind, a missing id, another program's; what is missing stays missing."""
    told = api.rows(
        "codes", {"code_id": "N-1", "points": 40}, {"code_id": "N-2"},
        {"code_id": "N-3", "points": {"a": 1}}, {"points": 3}, {"code_id": ["N-5"]},
        {"code_id": "N-6", "program_id": "other"}, {"code_id": "N-7", "status": "void", "odd": 1})
    assert told["new"] == 3
    assert [(row["line"], row["column"]) for row in told["rejects"]] == [
        (3, "points"), (4, "code_id"), (5, "code_id"), (6, "program_id")]
    assert all(row["expected"] for row in told["rejects"])
    assert api.rows("codes", {"code_id": "N-1", "points": 40}, {"code_id": "N-2"})["same"] == 2
    assert api.proof("N-7") == ["code_void"]
    assert api.proof("N-3") == [], "it was refused, so nobody knows it"


def test_a_body_that_is_no_rows_stores_nothing(api: Api) -> None:
    """One line that is no object refuses them all, as nobody can say which row it was."""
    good = json.dumps({"code_id": "C-1102", "status": "void"})
    for line in ("{", "[1]", '"C-1"', "\ud800".encode("utf-8", "surrogatepass")):
        body = good.encode() + b"\n" + (line if isinstance(line, bytes) else line.encode())
        answer = api.client.post("/records/codes", content=body, headers=api._headers)
        assert answer.status_code == 400, line
    assert api.proof("C-1102") == []


@pytest.mark.parametrize("begin_s", [records.BEGIN_S, 0.0])
def test_many_rows_are_stored_in_parts_and_told_as_one(
    api: Api, monkeypatch: pytest.MonkeyPatch, begin_s: float
) -> None:
    """Others have their turn in between; counts are sums, a line is one of the body's."""
    monkeypatch.setattr(engine, "PART", 3)
    monkeypatch.setattr(records, "BEGIN_S", begin_s)
    works: list[int] = []
    doing = Committer.do

    async def counted(self: Committer, target: Any, work: Any, within_s: Any = None) -> Any:
        works.append(1)
        return await doing(self, target, work, within_s)

    monkeypatch.setattr(Committer, "do", counted)
    good = [{"code_id": f"P-{n}", "points": 40} for n in range(7)]
    bad = [{"points": 3}, {"points": 4}, {"points": 5}]
    told = api.rows("codes", *good[:2], "", good[2], *bad, "  ", good[3], *good[4:], good[0])
    assert len(works) == 4
    assert (told["new"], told["same"], told["versions"]) == (7, 1, 0)
    assert [(row["line"], row["column"]) for row in told["rejects"]] == [
        (5, "code_id"), (6, "code_id"), (7, "code_id")]
    assert api.rows("codes", *good)["same"] == 7


def test_rows_arrive_beside_a_running_ingest(api: Api, tmp_path: Path) -> None:
    """Both are in the journal, each row acts at once, and the state is that of a rebuild."""
    export = tmp_path / "beside"
    export.mkdir()
    (export / "program.yaml").write_text("program_id: acme\ntimezone: Asia/Jakarta\n")
    pd.DataFrame({"member_id": [f"x-{n}" for n in range(INGESTED)], "program_id": "acme",
                  "persona": "retailer", "joined_at": "2024-06-01T00:00:00Z",
                  }).to_csv(export / "members.csv", index=False)
    pd.DataFrame({"event_id": [f"x-{n}" for n in range(INGESTED)], "program_id": "acme",
                  "member_id": [f"x-{n}" for n in range(INGESTED)], "points": 20, "proof": "qr",
                  "occurred_at": "2025-03-05T10:00:00Z",
                  }).to_csv(export / "scans.csv", index=False)
    command = [sys.executable, "-m", "jaga", "ingest", str(export), "--home", str(api.home.path)]
    posted = 0
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as process:
        while (process.poll() is None and posted < 250) or not posted:
            code = f"C-{1110 + posted}"
            assert api.rows("codes", {"code_id": code, "status": "void"})["versions"] == 1
            assert api.proof(code) == ["code_void"]
            posted += 1
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    journal = api.home.journal()
    assert len(journal.frame("scans", columns=["event_id"])) == 900 + INGESTED + posted
    codes = journal.frame("codes", columns=["code_id", "status"])
    assert (codes["status"] == 3).sum() == posted
    _check_state(api)


def _check_state(api: Api) -> None:
    """The running state judges the next event as one that read the journal anew does."""
    assert api.proof("C-1400") == []
    assert explain(api.home, f"r-{api._count}").equal
