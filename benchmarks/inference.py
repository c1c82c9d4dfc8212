"""``python -m benchmarks.inference``: what runs the network how fast, and what is added from JPEG to products.

All cases take turns, so that whatever else the machine does meets all of them; the least of the repeats counts. The
peer is torchvision's Faster R-CNN on MobileNetV3 with its feature pyramid, on the same picture in the same run.
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_fpn

from detector.backends.base import Backend, BackendName, Precision
from detector.backends.cpu import OnnxBackend, OpenVinoBackend
from detector.backends.load import load_backend
from detector.contract import Facings
from detector.decode import DecodeRules, decode
from detector.gallery.gallery import Gallery, Reference, embeddings_at, gallery_of, match
from detector.jpeg import JpegLimits, decode_jpeg
from detector.manifest import EMBEDDING_SIZE, SHIPPED, RawMaps, read_manifest
from detector.pipeline import Detector
from detector.prepare import prepare
from detector.train.int8 import quantise
from simulator.scenes.scenes import random_scene

_SIZE_WH = (1280, 720)
_PRODUCTS = 150
_FACINGS = (30, 150, 300)
_LIMITS = JpegLimits(max_bytes=4 * 1024 * 1024, max_pixels=4_000_000)
_HOT, _COLD = 9.0, -9.0
_HALF_FACING = 3.0
_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")

Work = Callable[[], object]


class Counted:
    """Runs the network and then tells of a given number of facings: the work behind it is measured by their number."""

    def __init__(self, backend: Backend, facings: int) -> None:
        self._backend = backend
        self._facings = facings
        self._told: RawMaps | None = None

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        """The network's own areas and embedding; heat and edges of facings in rows."""
        maps = self._backend.run(images_bgr)
        if self._told is None:
            self._told = in_rows(maps, self._facings)
        return replace(maps, heat=self._told.heat, edges=self._told.edges)


def in_rows(maps: RawMaps, facings: int) -> RawMaps:
    """Maps of that shape with facings evenly spread, each as large as it may be without meeting another."""
    heat, edges = np.full_like(maps.heat, _COLD), np.full_like(maps.edges, _HALF_FACING)
    height, width = heat.shape[2:]
    columns = int(np.ceil(np.sqrt(facings * width / height)))
    places = np.arange(facings)
    rows_used = -(-facings // columns)
    ys = ((places // columns + 0.5) * height / rows_used).astype(int)
    xs = ((places % columns + 0.5) * width / columns).astype(int)
    heat[0, 0, ys, xs] = _HOT
    return replace(maps, heat=heat, edges=edges)


def least_ms(cases: Mapping[str, Work], repeats: int) -> dict[str, float]:
    """The least milliseconds of each case; they take turns."""
    for work in cases.values():
        work()
    least = dict.fromkeys(cases, float("inf"))
    for _ in range(repeats):
        for name, work in cases.items():
            began_s = time.perf_counter()
            work()
            least[name] = min(least[name], (time.perf_counter() - began_s) * 1000)
    return least


def backends(manifest: Path, threads: int) -> dict[str, Backend]:
    """Every backend and precision with the weights of a manifest; 8 bits are calibrated on four scenes."""
    load = partial(load_backend, manifest=manifest, threads=threads)
    with tempfile.TemporaryDirectory() as folder:
        eighth = Path(folder) / "int8.onnx"
        pictures = (prepare(random_scene(seed, _SIZE_WH).image_bgr, _SIZE_WH[0] * _SIZE_WH[1]) for seed in range(4))
        graph = manifest.parent / f"{read_manifest(manifest).name}.onnx"
        quantise(graph, eighth, (picture.image_bgr for picture in pictures))
        int8 = eighth.read_bytes()
    return {
        "onnx f32": load(BackendName.ONNX),
        "onnx int8": OnnxBackend(int8, threads=threads),
        "openvino f32": load(BackendName.OPENVINO),
        "openvino bf16": load(BackendName.OPENVINO, precision=Precision.BF16),
        "openvino int8": OpenVinoBackend(int8, threads=threads),
        "torch f32": load(BackendName.TORCH),
    }


def detector_of(backend: Backend, manifest: Path, facings: int) -> Detector:
    """The detector around a backend, with so many facings in every picture."""
    told = read_manifest(manifest)
    return Detector(
        Counted(backend, facings),
        model=told.model,
        rules=DecodeRules(score_fits=told.score_fits),
        looks_fit=told.looks_fit,
        jpeg_limits=_LIMITS,
        work_pixels=told.work_pixels,
    )


def peer() -> Work:
    """Faster R-CNN on the picture's own size, weights of nobody."""
    network = fasterrcnn_mobilenet_v3_large_fpn(
        weights=None, weights_backbone=None, min_size=_SIZE_WH[1], max_size=_SIZE_WH[0]
    ).eval()
    picture = torch.rand(3, _SIZE_WH[1], _SIZE_WH[0])

    def look() -> object:
        with torch.inference_mode():
            return network([picture])

    return look


def _see(detector: Detector, jpeg: bytes, gallery: Gallery) -> Facings:
    return detector.see(detector.open_jpeg(jpeg), gallery)


def compared(manifest: Path, threads: int, repeats: int, jpeg: bytes, gallery: Gallery) -> Table:
    """Bare network and whole detector of each backend, and the peer."""
    torch.set_num_threads(threads)
    cases: dict[str, Work] = {"peer": peer()}
    picture = prepare(decode_jpeg(jpeg, _LIMITS), 10**9).image_bgr[None]
    runs = backends(manifest, threads)
    for name, backend in runs.items():
        cases[f"{name} bare"] = partial(backend.run, picture)
        for facings in _FACINGS:
            detector = detector_of(backend, manifest, facings)
            cases[f"{name} {facings}"] = partial(_see, detector, jpeg, gallery)
    ms = least_ms(cases, repeats)
    table = Table("backend", "threads", "network ms", "JPEG to products ms", "ratio", "frames/s", "300 to 30 facings")
    for name in runs:
        bare, few, middle, many = (ms[f"{name} {key}"] for key in ("bare", *_FACINGS))
        shown = (f"{bare:.1f}", f"{middle:.1f}", f"{middle / bare:.2f}×", f"{1000 / middle:.1f}", f"{many / few:.2f}×")
        table.add_row(name, str(threads), *shown)
    table.add_row("torch Faster R-CNN", str(threads), f"{ms['peer']:.1f}", "", "", f"{1000 / ms['peer']:.1f}", "")
    return table


def parts(manifest: Path, repeats: int, jpeg: bytes, gallery: Gallery) -> Table:
    """Where our own time goes, with 150 facings."""
    told = read_manifest(manifest)
    backend = Counted(load_backend(BackendName.ONNX, manifest, threads=1), _FACINGS[1])
    detector = detector_of(backend, manifest, _FACINGS[1])
    image = detector.open_jpeg(jpeg)
    prepared = prepare(image, told.work_pixels)
    maps = backend.run(prepared.image_bgr[None])
    rules = DecodeRules(score_fits=told.score_fits)
    boxes = decode(maps, 0, rules).boxes_xyxy
    looks = embeddings_at(maps.embedding[0], boxes)
    cases: dict[str, Work] = {
        "decode the JPEG": partial(detector.open_jpeg, jpeg),
        "scale and pad": partial(prepare, image, told.work_pixels),
        "boxes from maps": partial(decode, maps, 0, rules),
        "embeddings": partial(embeddings_at, maps.embedding[0], boxes),
        f"match {len(looks)} with {_PRODUCTS} products": partial(match, looks, gallery, told.looks_fit),
    }
    table = Table("our own part", "ms")
    for name, value in least_ms(cases, repeats).items():
        table.add_row(name, f"{value:.2f}")
    return table


def _gallery() -> Gallery:
    vectors = np.random.default_rng(1).normal(size=(_PRODUCTS, EMBEDDING_SIZE)).astype(np.float32)
    references = [Reference(f"{index:014}", f"{index}.jpg") for index in range(_PRODUCTS)]
    return gallery_of(references, list(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))


def _cpu() -> str:
    """The CPU's name and those of its instructions that matter here, as Linux tells them."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return "unknown CPU"
    facts = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
    known = {key.strip(): value.split() for key, value in facts.items()}
    flags = [flag for flag in _FLAGS if flag in known.get("flags", [])]
    return f"{' '.join(known.get('model name', ['unknown CPU']))}: {', '.join(flags) or 'none of ' + str(_FLAGS)}"


def main(
    manifest: Annotated[Path, typer.Option(help="Weights, as ONNX and safetensors")] = SHIPPED,
    threads: Annotated[list[int] | None, typer.Option(help="Threads of the network; may be repeated")] = None,
    repeats: Annotated[int, typer.Option(min=3, help="The least of so many counts")] = 12,
) -> None:
    """Compare backends, precisions and a peer on one 1280×720 JPEG."""
    console = Console()
    console.print(_cpu(), highlight=False)
    torch.set_flush_denormal(True)
    done, encoded = cv2.imencode(".jpg", random_scene(0, _SIZE_WH).image_bgr)
    assert done
    jpeg, gallery = encoded.tobytes(), _gallery()
    for count in threads or [1, 2]:
        console.print(compared(manifest, count, repeats, jpeg, gallery))
    console.print(parts(manifest, repeats, jpeg, gallery))


if __name__ == "__main__":
    typer.run(main)
