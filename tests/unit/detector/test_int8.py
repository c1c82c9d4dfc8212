"""The network in 8 bits: what is written, and what the gate does not let through."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from detector.backends.base import BackendName
from detector.backends.load import load_backend
from detector.manifest import OUTPUT_NAMES, SHIPPED, read_manifest
from detector.train.export import main
from detector.train.int8 import Int8Gate, export_int8, last_convolutions
from shelfstream.errors import Faults
from simulator.scenes.scene_files import write_scene
from simulator.scenes.scenes import random_scene

_SIZE_WH = (384, 320)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few small rendered shelves in two folders."""
    folder = tmp_path_factory.mktemp("scenes")
    for name, seeds in (("learn", (1, 2, 3)), ("judge", (910_001, 910_002, 910_003))):
        (folder / name).mkdir()
        for seed in seeds:
            write_scene(folder / name, seed, _SIZE_WH)
    return folder


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """The weights that ship, in a folder that may be written to; gives the manifest's path."""
    for path in SHIPPED.parent.iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    return tmp_path / SHIPPED.name


def test_the_int8_graph_sees_the_same_in_both_runtimes(scenes: Path, shipped: Path) -> None:
    """It has its own name, hash and figures, is under half the size, keeps score fits and history, and what its last
    layers tell is near what float32 tells; torch, which cannot run it, says so.
    """
    before = read_manifest(shipped)
    path = export_int8(shipped, Int8Gate(scenes / "learn", scenes / "judge", max_loss=1.0))
    told = read_manifest(path)
    assert told.model != before.model
    assert (told.score_fits, told.recipe) == (before.score_fits, before.recipe)
    assert set(told.metrics) == {f"scenes.{kind}.ap.{bits}" for kind in ("facing", "gap") for bits in ("f32", "int8")}
    graph = path.with_suffix(".onnx")
    assert graph.stat().st_size < shipped.with_suffix(".onnx").stat().st_size / 2
    picture = random_scene(910_001, _SIZE_WH).image_bgr[None]
    wanted = load_backend(BackendName.ONNX, shipped, threads=1).run(picture).heat
    for name in (BackendName.ONNX, BackendName.OPENVINO):
        seen = load_backend(name, path, threads=1).run(picture).heat
        assert np.corrcoef(seen.ravel(), wanted.ravel())[0, 1] > 0.95, name
    with pytest.raises(Faults, match=r"names 0 \.safetensors files"):
        load_backend(BackendName.TORCH, path, threads=1)


def test_a_graph_that_sees_worse_is_refused(scenes: Path, shipped: Path, tmp_path: Path) -> None:
    """Calibrated on black pictures the network sees nothing any more: the gate says how much is lost, and no file of it
    is left.
    """
    black = tmp_path / "black"
    black.mkdir()
    for path in (scenes / "learn").iterdir():
        shutil.copyfile(path, black / path.name)
        if path.suffix == ".jpg":
            cv2.imwrite(str(black / path.name), np.zeros((_SIZE_WH[1], _SIZE_WH[0], 3), np.uint8))
    there = sorted(tmp_path.iterdir())
    with pytest.raises(Faults, match="AP falls from"):
        export_int8(shipped, Int8Gate(black, scenes / "judge", max_loss=0.01))
    assert sorted(tmp_path.iterdir()) == there


def test_scenes_that_were_calibrated_with_prove_nothing(tmp_path: Path) -> None:
    """One folder for both is a fault, however it is spelled."""
    with pytest.raises(Faults, match="other scenes"):
        Int8Gate(tmp_path / "scenes", tmp_path / "x" / ".." / "scenes", 0.01)


def test_the_command_wants_one_source_and_both_sets_of_scenes(tmp_path: Path) -> None:
    """What is missing is told before anything is computed."""
    with pytest.raises(Faults, match="--run, --manifest"):
        main(tmp_path / "out")
    with pytest.raises(Faults, match="--calibrate-with, --scenes"):
        main(tmp_path / "out", manifest=SHIPPED, int8=True, scenes=tmp_path)
    assert not (tmp_path / "out").exists()


def test_the_last_convolutions_are_those_before_the_outputs() -> None:
    """Each output has one, also behind an exponential."""
    model = onnx.load(SHIPPED.with_suffix(".onnx"))
    found = last_convolutions(model)
    assert len(set(found)) == len(OUTPUT_NAMES)
    by_name = {node.name: node for node in model.graph.node}
    assert all(by_name[name].op_type == "Conv" for name in found)
