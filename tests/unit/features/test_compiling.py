"""Compiled code finds a folder, or does without."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from features import compiling
from features.engine.expression import evaluate
from features.engine.kernel import run
from features.engine.warm import warm

CHILD = """
import numpy as np
from features.compiling import FOLDER
import models.isolation
from features.engine.kernel import rehash
old, new = np.ones((1, 2), np.int64), np.zeros((2, 2), np.int64)
rehash(old, new)
print(FOLDER, int(new.sum()), rehash.stats.cache_path)
"""
DROP_BOUND, LAST_CAPABILITY = 24, 63
"""``PR_CAPBSET_DROP`` of Linux's prctl, and more capabilities than it has."""


@pytest.fixture
def room():
    """Give a folder that is removed afterwards, whatever may be written in it."""
    made = Path(tempfile.mkdtemp())
    yield made
    for folder in made.rglob("*"):
        if folder.is_dir():
            folder.chmod(0o755)
    shutil.rmtree(made)


@pytest.fixture
def package(room):
    """Give a copy of the rooms that nobody may write."""
    for name in ("features", "models"):
        shutil.copytree(compiling.PACKAGES / name, room / "package" / name,
                        ignore=shutil.ignore_patterns("__pycache__"))
    locked(room / "package")
    return room / "package"


def locked(tree):
    """Take the right to write from every folder."""
    for folder in [*tree.rglob("*"), tree]:
        if folder.is_dir():
            folder.chmod(0o555)


def give_up_rights():
    """Let even root be bound by the rights of files: no capability survives the next program."""
    library = ctypes.CDLL(None)
    for capability in range(LAST_CAPABILITY + 1):
        library.prctl(DROP_BOUND, capability, 0, 0, 0)


def told(package, first="", **named):
    """Run the child without rights above those of files; its folder, and numba's."""
    ran = subprocess.run(
        [sys.executable, "-B", "-c", first + CHILD], capture_output=True, text=True, check=False,
        cwd=package, env={"PYTHONPATH": str(package), "PATH": os.environ["PATH"], **named},
        preexec_fn=give_up_rights if os.getuid() == 0 else None)
    assert ran.stderr == ""
    folder, answer, cache = ran.stdout.split()
    assert answer == "2"
    return folder, cache


def open_folder(path):
    """Make a folder that everyone may write."""
    path.mkdir()
    path.chmod(0o777)
    return path


def test_a_read_only_package_compiles_into_a_folder_of_its_user(package, room):
    """With no home to write, it is under the temporary folder, and only the user's own."""
    temporary = open_folder(room / "temporary")
    folder, cache = told(package, HOME=str(package), TMPDIR=str(temporary))
    assert Path(folder).parent == temporary
    assert Path(cache).parent == Path(folder)
    assert Path(folder).stat().st_mode & 0o077 == 0


def test_a_named_folder_comes_first(package, room):
    """NUMBA_CACHE_DIR is taken where it can be written, the user's cache folder where it can't."""
    named, cache_home = open_folder(room / "named"), open_folder(room / "cache")
    said = {"HOME": str(package), "XDG_CACHE_HOME": str(cache_home), "NUMBA_CACHE_DIR": str(named)}
    assert told(package, **said)[0] == str(named)
    named.chmod(0o555)
    assert told(package, **said)[0] == str(cache_home / "jaga" / "compiled")


def test_without_any_folder_code_is_compiled_at_each_start(package):
    """Nothing can be written: it works, and keeps nothing."""
    refused = f"import tempfile; tempfile.tempdir = {str(package)!r}\n"
    said = {"HOME": str(package), "NUMBA_CACHE_DIR": str(package / "features")}
    assert told(package, refused, **said) == ("None", "None")


def test_code_compiled_at_installation_is_taken_along(package, room):
    """What lies compiled beside a package that can't be written is used, not compiled again."""
    temporary = open_folder(room / "temporary")
    for folder in [package, *package.rglob("*")]:
        if folder.is_dir():
            folder.chmod(0o755)
    kept = package / "features" / "engine" / "kernel" / "__pycache__"
    kept.mkdir()
    (kept / "other.function.nbi").write_bytes(b"index")
    (kept / "other.function.nbc").write_bytes(b"code")
    locked(package)
    folder, cache = told(package, HOME=str(package), TMPDIR=str(temporary))
    assert {"other.function.nbc", "other.function.nbi"} < {p.name for p in Path(cache).iterdir()}
    assert Path(cache).parent == Path(folder)


def test_a_folder_that_others_may_write_is_not_trusted(package, room):
    """What lies under the cache folder is run, so a folder open to others is passed over."""
    temporary, cache_home = open_folder(room / "temporary"), open_folder(room / "cache")
    open_folder(cache_home / "jaga")
    open_folder(cache_home / "jaga" / "compiled")
    folder, _ = told(package, HOME=str(package), XDG_CACHE_HOME=str(cache_home),
                     TMPDIR=str(temporary))
    assert Path(folder).parent == temporary


def test_warming_up_compiles_and_says_where():
    """One command at installation; run again, it has nothing to compile."""
    assert warm() == str(compiling.FOLDER)
    assert evaluate.signatures
    assert run.signatures
