from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from features.errors import NotFound
from training.registry import Registry, Run
from training.settings import read_settings

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow and its database layer warn on import


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(tmp_path_factory.mktemp("home"), read_settings())


def bundle(folder: Path, name: str) -> Path:
    path = folder / name
    path.mkdir()
    (path / "manifest.json").write_text(f'{{"id": "{name}"}}')
    return path


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    matrix = rng.random((200, 3))
    data = lgb.Dataset(matrix, (matrix[:, 0] > 0.5).astype(int))
    path = tmp_path_factory.mktemp("trees") / "fraud.lgb.txt"
    lgb.train({"objective": "binary", "verbosity": -1}, data, 3).save_model(path)
    return path


def test_a_saved_bundle_comes_back_by_its_alias(
    registry: Registry, trees: Path, tmp_path: Path
) -> None:
    """Save, promote and load give the same files back, and a promotion moves the alias."""
    for name in ("one", "two"):
        registry.save(Run("acme", name, bundle(tmp_path, name), params={"a": 1},
                          metrics={"auc": 0.9, "ap": float("nan")}, fraud=trees))
        registry.promote("acme", name, "challenger")
    registry.promote("acme", "one", "champion")
    found = registry.load("acme", "champion", tmp_path / "loaded")
    assert (found / "manifest.json").read_text() == '{"id": "one"}'
    registry.promote("acme", "two", "champion")
    again = registry.load("acme", "champion", tmp_path / "again")
    assert (again / "manifest.json").read_text() == '{"id": "two"}'
    with pytest.raises(NotFound, match="challenger"):
        registry.load("acme", "challenger", tmp_path / "none")


def test_programs_do_not_share_bundles(registry: Registry, tmp_path: Path) -> None:
    """Another program's champion is not found."""
    with pytest.raises(NotFound, match="run jaga train"):
        registry.load("other", "champion", tmp_path)


def test_a_bundle_that_was_never_registered_is_not_promoted(registry: Registry) -> None:
    """Promotion names what it wanted and what to do."""
    with pytest.raises(NotFound, match="never-made"):
        registry.promote("acme", "never-made", "champion")


def test_nothing_is_pickled(registry: Registry, trees: Path, tmp_path: Path) -> None:
    """The registry keeps text, JSON and YAML only."""
    registry.save(Run("plain", "p", bundle(tmp_path, "p"), fraud=trees))
    home = Path(registry.uri.removeprefix("sqlite:///")).parent
    endings = {path.suffix for path in (home / "mlartifacts").rglob("*") if path.is_file()}
    assert endings <= {".json", ".lgb", ".txt", ".yaml", ""}
