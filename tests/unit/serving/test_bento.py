"""What bentofile.yaml promises."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
BENTO = yaml.safe_load((ROOT / "bentofile.yaml").read_text())


def test_the_bento_names_what_is_there() -> None:
    """The service module, the lock and every folder exist; training stays out."""
    module, _, name = BENTO["service"].partition(":")
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    assert f"class {name}" in Path(spec.origin).read_text()
    assert (ROOT / BENTO["python"]["requirements_txt"]).is_file()
    for pattern in BENTO["include"]:
        assert (ROOT / pattern.split("/")[0]).exists(), pattern
    assert not any("training" in pattern for pattern in BENTO["include"])


def test_the_lock_is_handed_over_as_it_is() -> None:
    """BentoML must not lock again: that would write an index's address into the Bento."""
    assert BENTO["python"]["lock_packages"] is False
    assert "bentoml==" in (ROOT / BENTO["python"]["requirements_txt"]).read_text()
