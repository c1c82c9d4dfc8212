"""Weights and their manifest."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from detector.manifest import SHIPPED, Manifest, RecipeNote, ScoreFit, read_manifest, read_weights, write_manifest
from detector.naming.namer import SHIPPED_NAMER
from detector.recognise.recogniser import SHIPPED_RECOGNISER, read_card
from shelfstream.errors import Faults

_MAX_MODEL_BYTES = 12 * 1024 * 1024
_MAX_SHIPPED_BYTES = 60 * 1024 * 1024
_RECIPE = RecipeNote(scenes_command="", command="", seed=1, steps=1, batch=1, minutes=1, scenes=1, data="")


def _manifest(folder: Path, name: str, data: bytes, digest: str | None = None) -> Path:
    if Path(name).name == name:
        (folder / name).write_bytes(data)
    files = {name: digest or hashlib.sha256(data).hexdigest()}
    path = folder / "model.json"
    write_manifest(Manifest(name="m", classes=("facing",), work_pixels=4096, files=files, recipe=_RECIPE), path)
    return path


def test_weights_are_read_when_their_hash_fits(tmp_path: Path) -> None:
    """The bytes come back as they are."""
    assert read_weights(_manifest(tmp_path, "m.onnx", b"weights"), ".onnx") == b"weights"


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    """A file that is not the one described is never handed on."""
    path = _manifest(tmp_path, "m.onnx", b"weights", "0" * 64)
    with pytest.raises(Faults, match="hash differs"):
        read_weights(path, ".onnx")


@pytest.mark.parametrize("name", ["m.pt", "m.pkl", "m.bin", "../m.onnx", "/etc/m.onnx"])
def test_pickles_and_paths_are_refused(tmp_path: Path, name: str) -> None:
    """What could run code when read, and what lies elsewhere, is refused although its hash fits."""
    with pytest.raises(Faults, match="refused"):
        read_weights(_manifest(tmp_path, name, b"x"), Path(name).suffix)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """No manifest, a broken one, and one without the wanted kind of weights are faults with a place."""
    path = _manifest(tmp_path, "m.onnx", b"x")
    path.write_text("{}")
    with pytest.raises(Faults, match=r"model\.json"):
        read_manifest(path)
    path.unlink()
    with pytest.raises(Faults, match=r"model\.json"):
        read_manifest(path)
    with pytest.raises(Faults, match=r"0 \.safetensors files"):
        read_weights(_manifest(tmp_path, "m.onnx", b"x"), ".safetensors")


def test_a_fit_and_its_inverse_agree() -> None:
    """The heat at which a chance is reached gives that chance."""
    fit = ScoreFit(slope=1.7, shift=-0.4)
    logit = np.array([fit.logit_of(0.3)], np.float32)
    assert fit.chance(logit) == pytest.approx(0.3, abs=1e-6)


def test_the_shipped_model_is_whole_and_small() -> None:
    """The weights in the repository are those of their manifest, with all runs and figures, within 12 MB each."""
    manifest = read_manifest(SHIPPED)
    for suffix in (".onnx", ".safetensors"):
        assert 0 < len(read_weights(SHIPPED, suffix)) <= _MAX_MODEL_BYTES
    assert all(note.command and note.steps for note in manifest.earlier)
    assert manifest.recipe.command
    assert manifest.recipe.scenes_command
    assert manifest.metrics


def test_what_ships_is_told_by_a_manifest_and_stays_small() -> None:
    """No file lies among the weights that no manifest names, and all together stay within 60 MB."""
    folder = SHIPPED.parent
    told = {SHIPPED.name, *read_manifest(SHIPPED).files}
    for card in (SHIPPED_RECOGNISER, SHIPPED_NAMER):
        told |= {card.name, *read_card(card).files}
    assert {path.name for path in folder.iterdir()} == told
    assert sum(path.stat().st_size for path in folder.iterdir()) <= _MAX_SHIPPED_BYTES
