"""A PostgreSQL server of one test, that it may stop, freeze and kill."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import psutil
import psycopg

from serving.serve import free_port

PROGRAMS: Final = "/usr/lib/postgresql"
"""Where Debian keeps the programs of each version, off the path."""
OWNER: Final = "postgres"
"""PostgreSQL refuses to run as root; then it runs as the user that its package makes."""


class PostgresServer:
    """A cluster of its own in a folder, durable as it is by default.

    Parameters
    ----------
    folder : Path
        Where its data lie; there, and reachable by other users.
    port : int
        From here on a free one is looked for.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = free_port("127.0.0.1", port)
        self.url = f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/postgres"
        if os.getuid() == 0:
            shutil.chown(folder, OWNER)
        self._run("initdb", "--auth=trust", "--username", OWNER, "--pgdata", str(folder / "data"))

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", "--pgdata", str(self.folder / "data"),
                  "--log", str(self.folder / "log"), "--options",
                  f"-p {self.port} -c listen_addresses=127.0.0.1 -c max_connections=60 "
                  f"-c unix_socket_directories={self.folder}")
        deadline = time.monotonic() + 60
        while True:
            try:
                with closing(psycopg.connect(
                        f"host=127.0.0.1 port={self.port} user={OWNER}", connect_timeout=2)):
                    return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def stop(self, mode: str = "fast") -> None:
        """Stop it: ``fast`` ends its sessions, ``immediate`` is a crash."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "--wait", "--mode", mode, "--pgdata",
                      str(self.folder / "data"))

    def freeze(self) -> None:
        """Let no process of it go on, as where its machine hangs; connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        noted = self.folder / "data" / "postmaster.pid"
        if not noted.exists():
            return
        first = psutil.Process(int(noted.read_text().splitlines()[0]))
        for process in [first, *first.children(recursive=True)]:
            process.send_signal(number)

    def _run(self, program: str, *arguments: str) -> None:
        as_owner = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"]
        found = shutil.which(program) or str(max(Path(PROGRAMS).glob(f"*/bin/{program}")))
        subprocess.run([*(as_owner if os.getuid() == 0 else []), found, *arguments], check=True,
                       cwd=self.folder, stdout=subprocess.DEVNULL)
