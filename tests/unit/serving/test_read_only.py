"""`jaga serve` as a user without rights, on code that it can't write to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from serving.serve import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(600)
"""A first start compiles the kernels."""
ROOT: Final = Path(__file__).parents[3]
NOBODY: Final = 65_534
IS_ROOT: Final = os.getuid() == 0
USER: Final = NOBODY if IS_ROOT else os.getuid()
BECOME: Final = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
    "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search", "--bounding-set=-all,"
    "+dac_read_search", "--no-new-privs") if IS_ROOT else ()
"""May read an interpreter that lies in somebody's own folder, and writes nothing but what is
nobody's."""
SHARED: Final = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")
"""Folders that everybody may write to."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter, with a copy of the code that nobody may write to."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    for room in ("features", "models", "serving", "jaga"):
        shutil.copytree(ROOT / room, made / "code" / room)
    for path in [made / "code", *(made / "code").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield made
    for path in [made / "code", *(made / "code").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(made)


def owned(home: Path) -> None:
    """Give a home to the user of the service."""
    for path in [home, *home.rglob("*")]:
        if IS_ROOT:
            os.chown(path, USER, USER)


def ask(url: str, body: Any = None, key: str = "") -> Any:
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, {"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.read()


def await_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 400
    while True:
        with suppress(urllib.error.URLError, OSError):
            ask(f"{url}/readyz")
            return
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


def users_of(group: int) -> set[int]:
    """Users as which a process and its children run."""
    found, todo = set(), [group]
    while todo:
        path = Path("/proc") / str(todo.pop())
        found |= {int(user) for line in (path / "status").read_text().splitlines()
                  if line.startswith("Uid:") for user in line.split()[1:]}
        todo += [int(child) for task in (path / "task").iterdir()
                 for child in (task / "children").read_text().split()]
    return found


def files_of(user: int, folder: str) -> set[str]:
    """Files that a user has in a folder, as far as they can be seen."""
    listed = subprocess.run(["find", folder, "-uid", str(user), "-not", "-type", "s"],
                            capture_output=True, text=True, check=False)
    return set(listed.stdout.splitlines())


def test_it_serves_and_writes_to_its_home_alone(made: Any, folder: Path) -> None:
    """No file of its user lies elsewhere afterwards, and the code is as it was."""
    home = folder / "home"
    shutil.copytree(made.path, home)
    (home / "cache" / "tmp").mkdir(parents=True)
    owned(home)
    code = set((folder / "code").rglob("*"))
    before = {name: files_of(USER, name) for name in SHARED} if IS_ROOT else {}
    port = free_port("127.0.0.1", 29_000)
    environment = {
        "PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(home / "cache" / "tmp"), "XDG_CACHE_HOME": str(home / "cache")}
    with subprocess.Popen(
        [*BECOME, sys.executable, "-m", "jaga", "serve", "--home", str(home), "--port",
         str(port)], cwd=folder / "code", env=environment) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            await_ready(url, process)
            assert users_of(process.pid) == {USER}
            body = {"kind": "scan", "event_id": "ro-1", "member_id": "m-3", "points": 20,
                    "proof": "qr", "occurred_at": "2025-03-05T03:00:00Z"}
            answer = json.loads(ask(f"{url}/v1/verdicts", body, made.keys["admin"]))
            assert answer["event_id"] == "ro-1"
            deadline = time.monotonic() + 10  # what was measured is told again for a second
            while b"jaga_ready 1.0" not in (told := ask(f"{url}/metrics")):
                assert time.monotonic() < deadline, told
                time.sleep(0.2)
        finally:
            process.terminate()
            process.wait(60)
    elsewhere = {path for name, known in before.items()
                 for path in files_of(USER, name) - known if not path.startswith(str(folder))}
    assert elsewhere == set()
    assert set((folder / "code").rglob("*")) == code
    assert (home / "cache" / "jaga" / "compiled").is_dir()
