"""The recipe: targets, losses, pace, and a run on tiny scenes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from detector.evaluate.__main__ import calibrated, figures, look_at_all
from detector.evaluate.found import Looker
from detector.manifest import KINDS, STRIDE_PX, read_manifest
from detector.model.shelfnet import ShelfMaps
from detector.train.__main__ import Recipe, read_notes, run
from detector.train.crops import CROP_PX, Labelled, random_crop, vary_picture
from detector.train.export import export_run
from detector.train.labelled import labelled_scene, scene_labels
from detector.train.loss import Wanted, edges_loss, heat_loss, losses_of
from detector.train.targets import Targets, targets_of
from detector.train.trainer import Pace
from shelfstream.errors import Faults
from tests.unit.detector.detector_rig import write_tiny_scenes


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    """One tiny scene."""
    folder = tmp_path_factory.mktemp("scene")
    write_tiny_scenes(folder, 1)
    return labelled_scene(folder / "0.npz")


def _as_wanted(targets: Targets) -> Wanted:
    arrays = (getattr(targets, name) for name in Wanted._fields)
    return Wanted(*(torch.from_numpy(each)[None] for each in arrays))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 500))
def test_targets_are_what_decoding_reads_back(scene: Labelled, seed: int) -> None:
    """At each centre of a facing, the wanted edges give a box that the crop's labels hold."""
    rng = np.random.default_rng(seed)
    crop = random_crop(scene, rng)
    targets = targets_of(crop)
    clipped = crop.boxes_xyxy.clip(0, CROP_PX)
    for row, column in zip(*np.nonzero(targets.heat.max(0) == 1), strict=True):
        left, top, right, bottom = targets.edges[:, row, column] * STRIDE_PX
        x, y = (column + 0.5) * STRIDE_PX, (row + 0.5) * STRIDE_PX
        box = np.array([x - left, y - top, x + right, y + bottom])
        assert np.abs(clipped - box).max(1).min() < 0.01


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 500))
def test_crops_keep_picture_and_labels_together(scene: Labelled, seed: int) -> None:
    """Pixels labelled as gap are dark in the crop, wherever scale and flip have put them."""
    rng = np.random.default_rng(seed)
    crop = random_crop(scene, rng)
    gap = crop.ids >= 60_000
    assert crop.image_bgr.shape == (CROP_PX, CROP_PX, 3)
    if gap.any():
        assert np.median(crop.image_bgr[gap]) < 60
    assert vary_picture(crop.image_bgr, rng).dtype == np.uint8


def test_saying_what_is_wanted_costs_least(scene: Labelled) -> None:
    """The losses of the wanted maps themselves are near nothing, and rise when the boxes are moved."""
    rng = np.random.default_rng(1)
    wanted = _as_wanted(targets_of(random_crop(scene, rng)))
    sure = torch.where(wanted.heat == 1, 8.0, -8.0)
    edges = wanted.edges.clamp(min=0.05)
    assert heat_loss(sure, wanted.heat, wanted.heat_counts) < 0.05
    assert edges_loss(edges, wanted.edges, wanted.edges_weight) < 0.02
    assert edges_loss(edges * 1.3, wanted.edges, wanted.edges_weight) > 0.2
    assert heat_loss(-sure, wanted.heat, wanted.heat_counts) > 5


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5000), st.floats(0.1, 100), st.integers(0, 6000), st.floats(0, 120))
def test_the_rate_rises_then_falls_and_ends(steps: int, minutes: float, step: int, spent: float) -> None:
    """The rate is a share of the full one; after the steps or the minutes the run is done."""
    pace = Pace(steps, minutes)
    assert 0 < pace.rate(step, spent) <= 1
    assert (pace.progress(step, spent) == 1) == (step >= steps or spent >= minutes)


def test_a_folder_without_scenes_is_a_fault(tmp_path: Path) -> None:
    """The sentence says how to make some."""
    with pytest.raises(Faults, match="simulate scenes"):
        scene_labels(tmp_path)


def test_all_losses_of_a_batch_are_numbers(scene: Labelled) -> None:
    """No part is NaN for maps of any kind."""
    rng = np.random.default_rng(2)
    wanted = _as_wanted(targets_of(random_crop(scene, rng)))
    cells = CROP_PX // STRIDE_PX
    maps = ShelfMaps(
        torch.randn(1, KINDS, cells, cells) * 5,
        torch.rand(1, 4, cells, cells) * 100 + 0.05,
        torch.randn(1, KINDS, cells, cells) * 5,
    )
    assert all(bool(torch.isfinite(each)) for each in losses_of(maps, wanted))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_learns_stops_goes_on_and_is_exported(tmp_path: Path) -> None:
    """A few steps on tiny scenes find rectangles; a second call goes on; the export is calibrated, measured, and a run
    that begins with it carries on what its manifest tells of its making.
    """
    write_tiny_scenes(tmp_path / "scenes", 12)
    recipe = Recipe(tmp_path / "scenes", tmp_path / "run", 20, 10, 3, 4, threads=1, workers=0)
    console = Console(quiet=True)
    run(recipe, console)
    assert read_notes(tmp_path / "run").steps == 20
    longer = Recipe(tmp_path / "scenes", tmp_path / "run", 60, 10, 3, 4, threads=1, workers=0)
    run(longer, console)
    assert read_notes(tmp_path / "run").steps == 60
    path = export_run(tmp_path / "run", tmp_path / "out", name="tiny", scenes_command="none")
    looker = Looker(path)
    seen = look_at_all(looker, tmp_path / "scenes")
    assert figures(seen)["scenes.facing.ap50"] > 0.5
    assert calibrated(looker.manifest, seen).score_fits != looker.manifest.score_fits
    assert read_manifest(path).recipe.seed == 3
    next_run = Recipe(
        tmp_path / "scenes", tmp_path / "next", 2, 10, 4, 4, 1, 0, begin_with=path.with_suffix(".safetensors")
    )
    run(next_run, console)
    later = read_manifest(export_run(tmp_path / "next", tmp_path / "later", name="tiny", scenes_command="none"))
    assert [note.seed for note in (*later.earlier, later.recipe)] == [3, 4]
    assert read_manifest(path).model in later.recipe.command
