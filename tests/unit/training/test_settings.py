from pathlib import Path

import pytest

from features.errors import BadConfig
from training.settings import read_settings

SHIPPED = Path("mlflow.yaml")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mlflow.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_the_shipped_settings_are_frozen() -> None:
    """What a fit may be told can't be changed behind its back."""
    settings = read_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.labels.min_frauds = 3  # type: ignore[misc]


@pytest.mark.parametrize(("old", "new", "said"), [
    ("min_sum_hessian_in_leaf: 3.0", "min_sum_hessian_in_leaf: 0.001", "unstable"),
    ("max_depth: 6", "max_depth: 12", "max_depth"),
    ("calibration: 0.15", "calibration: 0.5", "add up to 1"),
    ("min_frauds: 30", "min_fraud: 30", "min_frauds"),
    ("bootstrap: 100", "bootstrap: many", "bootstrap"),
])
def test_bad_settings_are_refused_with_the_key(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """A value or key that breaks the schema is named."""
    with pytest.raises(BadConfig, match=said):
        read_settings(changed(tmp_path, old, new))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """No file is an error with a way out, not a default."""
    with pytest.raises(BadConfig, match=r"mlflow\.yaml"):
        read_settings(tmp_path / "mlflow.yaml")
