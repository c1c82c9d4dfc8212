"""The suite that every backend passes, on one small set of random weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from detector.backends.load import BackendName, load_backend
from detector.backends.onnx import OnnxBackend
from detector.backends.seam import Backend
from detector.backends.torch import TorchBackend
from detector.export import export_graph
from detector.layout import BOX_CHANNELS, EMBEDDING_CHANNELS, HEAT_CHANNELS, OUTPUT_NAMES
from detector.manifest import SHIPPED
from detector.model.build import save_weights, shelfnet_for_training
from detector.model.shelfnet import ShelfMaps, ShelfNet
from ingest.simulator.scenes import random_scene
from shelfstream.errors import Unavailable

_PARITY = 1e-3
_SIZES_HW = ((64, 96), (32, 32), (160, 128))


@pytest.fixture(scope="module")
def network() -> ShelfNet:
    """A network that nobody trained, its norms no longer at their trivial start."""
    torch.manual_seed(5)
    network = shelfnet_for_training(pretrained=False).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d) and module.running_mean is not None:
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.weight, 0.8, 1.2)
    return network


@pytest.fixture(scope="module")
def backends(network: ShelfNet, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Backend]:
    """The same weights in every backend."""
    folder = tmp_path_factory.mktemp("weights")
    save_weights(network, folder / "w.safetensors")
    export_graph(network, folder / "w.onnx")
    return {
        "torch": TorchBackend((folder / "w.safetensors").read_bytes()),
        "onnx": OnnxBackend((folder / "w.onnx").read_bytes(), threads=1),
    }


@pytest.fixture(params=["torch", "onnx"])
def backend(request: pytest.FixtureRequest, backends: dict[str, Backend]) -> Backend:
    """Each backend in turn."""
    return backends[request.param]


def _pictures(count: int, height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(count).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("size_hw", _SIZES_HW)
def test_maps_have_their_shapes(backend: Backend, size_hw: tuple[int, int]) -> None:
    """Every map is float32 and finite, at its stride, for pictures of any size divisible by 32."""
    height, width = size_hw
    maps = backend.run(_pictures(1, height, width))
    quarter, eighth = (height // 4, width // 4), (height // 8, width // 8)
    assert maps.heat.shape == (1, HEAT_CHANNELS, *quarter)
    assert maps.edges.shape == (1, BOX_CHANNELS, *quarter)
    assert maps.areas.shape == (1, HEAT_CHANNELS, *quarter)
    assert maps.embedding.shape == (1, EMBEDDING_CHANNELS, *eighth)
    for name in OUTPUT_NAMES:
        each = getattr(maps, name)
        assert each.dtype == np.float32
        assert np.isfinite(each).all()
    assert (maps.edges > 0).all()


def test_the_same_picture_gives_the_same_maps(backend: Backend) -> None:
    """A frame handled again after a crash is seen the same."""
    pictures = _pictures(1, 64, 96)
    assert np.array_equal(backend.run(pictures).heat, backend.run(pictures).heat)


def test_backends_agree(backends: dict[str, Backend]) -> None:
    """Torch and ONNX Runtime see the same, to a thousandth."""
    pictures = _pictures(1, 160, 128)
    ours, theirs = (backends[name].run(pictures) for name in ("torch", "onnx"))
    for name in OUTPUT_NAMES:
        assert np.abs(getattr(ours, name) - getattr(theirs, name)).max() <= _PARITY, name


def test_shipped_weights_are_the_same_in_every_backend() -> None:
    """Graph and safetensors that ship together see the same on a rendered shelf at the detector's own size."""
    picture = random_scene(900_500, (1280, 704)).image_bgr[None]
    ours = load_backend(BackendName.TORCH, SHIPPED, threads=1).run(picture)
    theirs = load_backend(BackendName.ONNX, SHIPPED, threads=1).run(picture)
    for name in OUTPUT_NAMES:
        apart = np.abs(getattr(ours, name) - getattr(theirs, name))
        assert (apart <= _PARITY * (1 + np.abs(getattr(theirs, name)))).all(), name


def test_a_batch_too_large_for_the_device_is_halved(network: ShelfNet, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit at once is seen in parts, in order; when not even one picture fits, the device is away."""
    room = {"pictures": 2}
    backend = TorchBackend(save(network.state_dict()))
    pictures = _pictures(5, 32, 32)
    wanted = [backend.run(each[None]).heat for each in pictures]

    def small_device(self: ShelfNet, pictures_bgr: torch.Tensor) -> ShelfMaps:
        if len(pictures_bgr) > room["pictures"]:
            raise torch.OutOfMemoryError("no room")
        return whole_device(self, pictures_bgr)

    whole_device = ShelfNet.forward
    monkeypatch.setattr(ShelfNet, "forward", small_device)
    assert np.allclose(backend.run(pictures).heat, np.concatenate(wanted), atol=1e-5)
    room["pictures"] = 0
    with pytest.raises(Unavailable, match="memory of the device"):
        backend.run(pictures)


def test_weights_survive_the_file(network: ShelfNet, backends: dict[str, Backend]) -> None:
    """What is loaded is what was trained."""
    pictures = _pictures(1, 64, 96)
    with torch.inference_mode():
        wanted = network(torch.from_numpy(pictures))
    assert np.allclose(backends["torch"].run(pictures).embedding, wanted.embedding.numpy(), atol=1e-5)


def test_code_is_never_read_as_weights(tmp_path: Path) -> None:
    """A pickle given as safetensors or as a graph is refused by the loaders themselves, too."""
    path = tmp_path / "w.pt"
    torch.save({"weight": torch.zeros(1)}, path)
    loaders: tuple[Callable[[bytes], object], ...] = (TorchBackend, lambda data: OnnxBackend(data, threads=1))
    for load in loaders:
        with pytest.raises(Exception, match=r"(?i)header|protobuf|parse|load"):
            load(path.read_bytes())
