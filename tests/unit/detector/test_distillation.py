"""The larger network, and what the smaller one learns from it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import save

from detector.backends.cpu import OnnxBackend
from detector.backends.torch import TorchBackend
from detector.manifest import OUTPUT_NAMES
from detector.model.shelfnet import EDGE, SERVER, ShelfMaps, save_weights, shelfnet_for_training, shelfnet_of, size_of
from detector.train.__main__ import Recipe, read_notes, run
from detector.train.batches import Batch
from detector.train.export import export_graph
from detector.train.loss import Wanted, taught_loss
from detector.train.trainer import Pace, Trainer
from shelfstream.errors import Faults
from tests.unit.detector.detector_rig import write_tiny_scenes


def _maps(chance_of_centre: float) -> ShelfMaps:
    heat = torch.full((1, 4, 8, 8), -6.0)
    heat[0, 0, 3, 3] = torch.logit(torch.tensor(chance_of_centre))
    return ShelfMaps(heat, torch.full((1, 4, 8, 8), 2.0), torch.full((1, 4, 8, 8), -4.0))


def test_agreeing_with_the_teacher_costs_least() -> None:
    """Doubting a centre that the teacher sees, other edges around it and other areas each cost more than agreeing."""
    taught = _maps(0.9)
    agreed = taught_loss(taught, taught)
    assert taught_loss(_maps(0.1), taught) > agreed
    assert taught_loss(taught._replace(edges=taught.edges * 1.5), taught) > agreed
    assert taught_loss(taught._replace(areas=taught.areas + 3), taught) > agreed


def test_edges_count_only_where_the_teacher_sees_a_centre() -> None:
    """What it says about edges elsewhere means nothing."""
    taught = _maps(0.9)
    elsewhere = taught.edges.clone()
    elsewhere[..., 6, 6] *= 3
    at_centre = taught.edges.clone()
    at_centre[..., 3, 3] *= 3
    agreed = taught_loss(taught, taught)
    far = taught_loss(taught._replace(edges=elsewhere), taught) - agreed
    near = taught_loss(taught._replace(edges=at_centre), taught) - agreed
    assert far < near / 20


def _one_batch() -> Batch:
    rng = torch.Generator().manual_seed(1)
    pictures = torch.randint(0, 256, (2, 64, 64, 3), generator=rng, dtype=torch.uint8)
    nothing = torch.zeros(2, 4, 16, 16)
    return pictures, Wanted(
        nothing, torch.ones(2, 4, 1, 1), nothing + 1, torch.zeros(2, 1, 16, 16), nothing, torch.ones(2, 4, 16, 16)
    )


@pytest.mark.timeout(120)
def test_a_taught_network_comes_nearer_to_its_teacher() -> None:
    """With labels that say nothing is there, a network with a teacher ends nearer to what the teacher sees."""
    torch.manual_seed(2)
    teacher = shelfnet_for_training(SERVER, pretrained=False).eval()
    batch = _one_batch()
    with torch.no_grad():
        taught = teacher(batch[0])
        agreed = float(taught_loss(taught, taught))
    left: dict[bool, float] = {}
    for with_teacher in (False, True):
        torch.manual_seed(3)
        trainer = Trainer(shelfnet_for_training(pretrained=False), Pace(40, 10), teacher if with_teacher else None)
        for _ in range(12):
            trainer.learn(batch)
        with torch.no_grad():
            left[with_teacher] = float(taught_loss(trainer.network(batch[0]), taught)) - agreed
    assert left[True] < 0.9 * left[False]


def test_weights_of_both_sizes_run_in_every_runtime(tmp_path: Path) -> None:
    """The larger network is known by its weights, and its exported graph gives what torch gives."""
    torch.manual_seed(4)
    network = shelfnet_for_training(SERVER, pretrained=False).eval()
    save_weights(network, tmp_path / "server.safetensors")
    export_graph(network, tmp_path / "server.onnx")
    pictures = np.random.default_rng(4).integers(0, 256, (1, 64, 96, 3)).astype(np.uint8)
    by_torch = TorchBackend((tmp_path / "server.safetensors").read_bytes()).run(pictures)
    by_onnx = OnnxBackend((tmp_path / "server.onnx").read_bytes(), threads=1).run(pictures)
    for name in OUTPUT_NAMES:
        assert np.allclose(getattr(by_torch, name), getattr(by_onnx, name), atol=2e-3)
    assert size_of(network.state_dict()) == SERVER
    assert size_of(shelfnet_for_training(pretrained=False).state_dict()) == EDGE


def test_weights_of_another_network_are_refused() -> None:
    """They are named, not met by an error of the library."""
    with pytest.raises(Faults, match="fits no network"):
        shelfnet_of({"trunk.0.weight": torch.zeros(7, 7, 3, 3)})


@pytest.mark.timeout(120)
def test_a_run_with_a_teacher_says_so(tmp_path: Path) -> None:
    """Size and teacher stand in the notes of a run; weights of another size are nothing to begin with."""
    write_tiny_scenes(tmp_path / "scenes", 2)
    teacher = tmp_path / "teacher.safetensors"
    teacher.write_bytes(save(shelfnet_for_training(SERVER, pretrained=False).state_dict()))
    recipe = Recipe(tmp_path / "scenes", tmp_path / "run", 1, 10, 3, 2, threads=1, workers=0, teacher=teacher)
    run(recipe, Console(quiet=True))
    notes = read_notes(tmp_path / "run")
    assert (notes.size, notes.teacher) == ("edge", "teacher.safetensors")
    begun = Recipe(tmp_path / "scenes", tmp_path / "other", 1, 10, 3, 2, threads=1, workers=0, begin_with=teacher)
    with pytest.raises(Faults, match="no weights of the size edge"):
        run(begun, Console(quiet=True))
