"""A bundle is written whole, read back the same, and refused where anything was changed."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from features.errors import BadInput, NotFound
from models import champion
from models.bundle import MANIFEST, Bundle
from models.judgement import judge
from models.occasion import Occasion


@pytest.fixture
def folder(bundle, tmp_path):
    return bundle.save(tmp_path / "bundles")


def test_a_bundle_reads_back_the_same(folder, bundle, program, events) -> None:
    """Models, thresholds, policy and words judge as they did."""
    read = Bundle.load(folder)
    assert read.bundle_id == folder.name
    assert (read.thresholds, read.metrics, read.as_of_ms) == (
        bundle.thresholds, bundle.metrics, bundle.as_of_ms)
    assert read.policy.version == bundle.policy.version
    for row in events.rows[:20]:
        occasion = Occasion("e", "scan", 10, 0, "retailer")
        ours = judge(read, program, occasion, row, explain=True).to_json()
        assert ours == judge(bundle, program, occasion, row, explain=True).to_json() | {
            "bundle_id": folder.name}


def test_a_bundle_is_plain_files(folder) -> None:
    """Text, JSON, YAML, catalogues and npz: nothing that runs when read."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {"manifest.json", "policy.yaml", "catalogues/en.po", "catalogues/es.po",
                     "catalogues/id.po", "fraud/fraud.lgb.txt", "fraud/fraud.json",
                     "anomaly/anomaly.npz", "anomaly/anomaly.json"}


def test_the_id_is_the_day_and_the_content(bundle, tmp_path) -> None:
    """The same content has the same id, another content another one."""
    root = tmp_path / "bundles"
    first = bundle.save(root)
    assert first.name.startswith("20260101-")
    assert bundle.save(root) == first
    assert replace(bundle, metrics={"auc": 0.8}).save(root) != first
    assert len(champion.bundles(root)) == 2
    assert not list(root.glob(".new-*"))


@pytest.mark.parametrize("name", [
    "policy.yaml", "catalogues/id.po", "fraud/fraud.lgb.txt", "fraud/fraud.json",
    "anomaly/anomaly.npz", "anomaly/anomaly.json"])
def test_a_changed_file_is_refused(folder, name: str) -> None:
    """One byte more in any file is seen, and the file is named."""
    path = folder / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BadInput, match=f"with a changed {name}. To do: restore the bundle"):
        Bundle.load(folder)


@pytest.mark.parametrize(("name", "change"), [("lost", lambda p: (p / "policy.yaml").unlink()),
                                              ("more", lambda p: (p / "x.py").write_text(""))])
def test_a_lost_or_added_file_is_refused(folder, name, change) -> None:
    """A bundle is exactly the files it was written with."""
    change(folder)
    with pytest.raises(BadInput, match="a bundle as it was written"):
        Bundle.load(folder)


def test_a_changed_manifest_is_refused(folder) -> None:
    """Thresholds can't be turned up in place."""
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["thresholds"]["score"]["scan"] = 0.99
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BadInput, match=r"changed manifest\.json"):
        Bundle.load(folder)


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', "{}"])
def test_a_manifest_of_another_format_is_refused(folder, text: str) -> None:
    """A broken or newer manifest is refused with a sentence."""
    (folder / MANIFEST).write_text(text)
    with pytest.raises(BadInput, match="To do: "):
        Bundle.load(folder)


def test_a_missing_bundle_is_refused(tmp_path) -> None:
    """A folder that is not there is named."""
    with pytest.raises(NotFound, match="nowhere without"):
        Bundle.load(tmp_path / "nowhere")


def test_an_added_feature_is_fine(folder, catalog, bundle, program, fraud_row) -> None:
    """Rows of today's larger catalogue are judged as before."""
    read = Bundle.load(folder, catalog)
    row = np.concatenate([[123.0], fraud_row])
    occasion = Occasion("e", "scan", 10, 0, "retailer")
    assert judge(read, program, occasion, row).score == bundle.fraud.score_row(fraud_row)
    assert tuple(read.event_features) == catalog.names
    assert read.meanings == {"added": "Added since"}


def test_a_stored_vector_keeps_the_layout_of_training(folder, catalog, bundle, fraud_row) -> None:
    """What is stored with a verdict has the features of training, whatever was added since."""
    read = Bundle.load(folder, catalog)
    row = np.concatenate([[123.0], fraud_row])
    assert read.stored_names == tuple(bundle.event_features)
    assert read.narrow(row).tolist() == fraud_row.tolist()
    widened = read.widen(fraud_row)
    assert np.isnan(widened[0])
    assert widened[1:].tolist() == fraud_row.tolist()
    assert Bundle.load(folder).narrow(fraud_row).tolist() == fraud_row.tolist()


def test_a_feature_that_is_gone_and_not_needed_is_unknown(folder, catalog, bundle) -> None:
    """A bundle without models needs nothing; its vectors keep their places."""
    rules = replace(bundle, fraud=None, anomaly=None)
    today = {name: own for name, own in catalog.hashes.items() if name != "outlet_km"}
    other = SimpleNamespace(names=tuple(today), hashes=today, families={}, units={},
                            own_meanings={})
    read = rules.bound(other)
    vector = read.narrow(np.arange(len(today), dtype=np.float64))
    lost = list(bundle.event_features).index("outlet_km")
    assert np.flatnonzero(np.isnan(vector)).tolist() == [lost]
    assert read.families == bundle.families


def test_a_bundle_keeps_what_its_own_features_mean(bundle, catalog, tmp_path) -> None:
    """The words of a verdict do not change with a declaration's text."""
    first = replace(bundle, meanings={"added": "As it was said"}).save(tmp_path)
    assert Bundle.load(first, catalog).meanings == {"added": "As it was said"}


@pytest.mark.parametrize(("change", "said"), [
    (lambda hashes: {**hashes, "event_amount": "other"},
     r"a changed feature event_amount \(trained on [\w ]+, today other\)"),
    (lambda hashes: {k: v for k, v in hashes.items() if k != "outlet_km"},
     r"a missing feature outlet_km \(trained on [\w ]+, today not declared\)"),
])
def test_a_changed_or_missing_feature_is_refused(folder, catalog, change, said) -> None:
    """A model must not read another number under an old name."""
    today = change(catalog.hashes)
    other = SimpleNamespace(names=tuple(today), hashes=today, families=catalog.families,
                            units=catalog.units, own_meanings={})
    with pytest.raises(BadInput, match=f"{said}. To do: restore the declaration, or train a new"):
        Bundle.load(folder, other)


def test_a_bundle_without_models_is_a_bundle(bundle, tmp_path) -> None:
    """Rules alone can be shipped too."""
    rules = replace(bundle, fraud=None, anomaly=None)
    read = Bundle.load(rules.save(tmp_path))
    assert (read.fraud, read.anomaly, read.inactivity) == (None, None, None)


def test_a_champion_is_promoted_and_rolled_back(bundle, tmp_path) -> None:
    """The pointer moves at once and remembers who served before."""
    assert champion.champion(tmp_path) is None
    first = bundle.save(tmp_path)
    second = replace(bundle, metrics={}).save(tmp_path)
    assert champion.promote(tmp_path, first.name) == first
    assert champion.promote(tmp_path, second.name) == champion.champion(tmp_path) == second
    assert champion.promote(tmp_path, second.name) == second
    assert champion.history(tmp_path) == (first.name, second.name)
    assert champion.rollback(tmp_path) == champion.champion(tmp_path) == first


def test_an_unknown_bundle_is_not_promoted(bundle, tmp_path) -> None:
    """The champion stays who it is, and the error names the bundles there are."""
    first = bundle.save(tmp_path)
    champion.promote(tmp_path, first.name)
    with pytest.raises(NotFound, match=f"there are: {first.name}"):
        champion.promote(tmp_path, "20200101-nothing")
    with pytest.raises(NotFound, match="a champion before this one; came 1"):
        champion.rollback(tmp_path)
    assert champion.champion(tmp_path) == first
