"""The suite that every backend passes, on one small set of random weights."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from detector.backends.base import Backend, BackendName, Precision
from detector.backends.cpu import OnnxBackend, OpenVinoBackend
from detector.backends.load import load_backend
from detector.backends.torch import TorchBackend
from detector.decode import DecodeRules, decode
from detector.manifest import BOX_CHANNELS, KINDS, OUTPUT_NAMES, SHIPPED, read_manifest
from detector.model.shelfnet import ShelfMaps, ShelfNet, save_weights, shelfnet_for_training
from detector.train.export import export_graph
from shelfstream.errors import Faults, Unavailable
from simulator.scenes.scenes import random_scene

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
def graph(network: ShelfNet, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The network as ONNX."""
    path = tmp_path_factory.mktemp("graph") / "w.onnx"
    export_graph(network, path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def backends(network: ShelfNet, graph: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Backend]:
    """The same weights in every backend."""
    weights = tmp_path_factory.mktemp("weights") / "w.safetensors"
    save_weights(network, weights)
    return {
        "torch": TorchBackend(weights.read_bytes()),
        "onnx": OnnxBackend(graph, threads=1),
        "openvino": OpenVinoBackend(graph, threads=1),
    }


@pytest.fixture(params=list(BackendName))
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
    quarter = (height // 4, width // 4)
    assert maps.heat.shape == (1, KINDS, *quarter)
    assert maps.edges.shape == (1, BOX_CHANNELS, *quarter)
    assert maps.areas.shape == (1, KINDS, *quarter)
    for name in OUTPUT_NAMES:
        each = getattr(maps, name)
        assert each.dtype == np.float32
        assert np.isfinite(each).all()
    assert (maps.edges > 0).all()


def test_the_same_picture_gives_the_same_maps(backend: Backend) -> None:
    """A frame handled again after a crash is seen the same."""
    pictures = _pictures(1, 64, 96)
    assert np.array_equal(backend.run(pictures).heat, backend.run(pictures).heat)


def test_a_batch_is_seen_as_its_pictures_are(backend: Backend) -> None:
    """Several pictures at once give the maps that each gives by itself."""
    pictures = _pictures(3, 64, 96)
    together = backend.run(pictures)
    alone = [backend.run(each[None]) for each in pictures]
    for name in OUTPUT_NAMES:
        assert np.allclose(getattr(together, name), np.concatenate([getattr(each, name) for each in alone]), atol=1e-4)


def test_maps_stay_when_the_next_picture_is_seen(backend: Backend) -> None:
    """What a backend gave is its caller's: a runtime's own memory would be written over."""
    first, second = _pictures(2, 64, 96)
    kept = backend.run(first[None])
    before = {name: getattr(kept, name).copy() for name in OUTPUT_NAMES}
    backend.run(second[None])
    assert all(np.array_equal(getattr(kept, name), before[name]) for name in OUTPUT_NAMES)


def test_several_threads_may_share_a_backend(backend: Backend) -> None:
    """Pictures that are seen at the same time do not disturb each other."""
    pictures = _pictures(6, 64, 96)
    wanted = [backend.run(each[None]).heat for each in pictures]
    with ThreadPoolExecutor(3) as pool:
        seen = list(pool.map(lambda each: backend.run(each[None]).heat, pictures))
    assert all(np.allclose(ours, theirs, atol=1e-4) for ours, theirs in zip(seen, wanted, strict=True))


@pytest.mark.parametrize("other", [BackendName.ONNX, BackendName.OPENVINO])
def test_backends_agree(backends: dict[str, Backend], other: BackendName) -> None:
    """Every runtime sees what torch sees, to a thousandth."""
    pictures = _pictures(1, 160, 128)
    ours, theirs = backends["torch"].run(pictures), backends[other].run(pictures)
    for name in OUTPUT_NAMES:
        assert np.abs(getattr(ours, name) - getattr(theirs, name)).max() <= _PARITY, name


@pytest.mark.parametrize("other", [BackendName.ONNX, BackendName.OPENVINO])
def test_shipped_weights_are_the_same_in_every_backend(other: BackendName) -> None:
    """Graph and safetensors that ship together see the same on a rendered shelf at the detector's own size: the maps
    agree to a thousandth, and the boxes read from them are the same.
    """
    picture = random_scene(900_500, (1280, 704)).image_bgr[None]
    ours = load_backend(BackendName.TORCH, SHIPPED, threads=1).run(picture)
    theirs = load_backend(other, SHIPPED, threads=1).run(picture)
    for name in OUTPUT_NAMES:
        apart = np.abs(getattr(ours, name) - getattr(theirs, name))
        assert (apart <= _PARITY * (1 + np.abs(getattr(theirs, name)))).all(), name
    rules = DecodeRules(score_fits=read_manifest(SHIPPED).score_fits, min_score=0.5)
    boxes, others = decode(ours, 0, rules), decode(theirs, 0, rules)
    assert len(boxes.scores) > 20
    assert np.array_equal(boxes.kinds, others.kinds)
    assert np.abs(boxes.boxes_xyxy - others.boxes_xyxy).max() <= 0.5
    assert np.abs(boxes.scores - others.scores).max() <= _PARITY


def test_bfloat16_is_near_and_only_where_it_is_offered(graph: bytes) -> None:
    """A faster precision gives maps to a tenth of their spread; where the CPU lacks it, or in another backend than
    OpenVINO, it is not pretended.
    """
    exact = OpenVinoBackend(graph, threads=1)
    fast = OpenVinoBackend(graph, threads=1, precision=Precision.BF16)
    pictures = _pictures(1, 64, 96)
    wanted, told = exact.run(pictures).areas, fast.run(pictures).areas
    assert exact.precision is Precision.F32
    assert np.abs(told - wanted).max() <= (0.1 * wanted.std() if fast.precision is Precision.BF16 else _PARITY)
    with pytest.raises(Faults, match="openvino"):
        load_backend(BackendName.ONNX, SHIPPED, threads=1, precision=Precision.BF16)


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for a backend whose library is missing is told what to install."""
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "detector.backends.cpu")
    with pytest.raises(Faults, match=r"shelfstream\[openvino\]"):
        load_backend(BackendName.OPENVINO, SHIPPED, threads=1)


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
    assert np.allclose(backends["torch"].run(pictures).areas, wanted.areas.numpy(), atol=1e-5)


def test_code_is_never_read_as_weights(tmp_path: Path) -> None:
    """A pickle given as safetensors or as a graph is refused by the loaders themselves, too."""
    path = tmp_path / "w.pt"
    torch.save({"weight": torch.zeros(1)}, path)
    loaders: tuple[Callable[[bytes], object], ...] = (
        TorchBackend,
        lambda data: OnnxBackend(data, threads=1),
        lambda data: OpenVinoBackend(data, threads=1),
    )
    for load in loaders:
        with pytest.raises(Exception, match=r"(?i)header|protobuf|parse|load|unable to read"):
            load(path.read_bytes())
