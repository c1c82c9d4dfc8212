"""``python -m benchmarks.inference``: what runs the network how fast, and what is added from JPEG to products.

All cases take turns, so that whatever else the machine does meets all of them; the least of the repeats counts. The
peer is torchvision's Faster R-CNN on MobileNetV3 with its feature pyramid, on the same picture in the same run.
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_fpn

from benchmarks.full_shelves import SIZE_WH, FullShelf, Told, full_shelf, gallery_for
from detector.backends.base import Backend, BackendName, Precision
from detector.backends.cpu import OnnxBackend, OpenVinoBackend
from detector.backends.load import load_backend
from detector.backends.prepare import prepare
from detector.contract import Facings
from detector.decode import DecodeRules, decode
from detector.gallery.gallery import Gallery
from detector.gallery.prints import FACING, compare, print_of
from detector.jpeg import JpegLimits
from detector.manifest import SHIPPED, read_manifest
from detector.naming.memory import cut, known_again
from detector.naming.namer import SHIPPED_NAMER, NamerOptions, open_namer
from detector.pipeline import Detector
from detector.train.int8 import quantise
from simulator.scenes.scenes import random_scene

_PRODUCTS = 150
_FACINGS = (30, 150, 300)
_LIMITS = JpegLimits(max_bytes=4 * 1024 * 1024, max_pixels=4_000_000)
_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")

Work = Callable[[], object]


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
        pictures = (prepare(random_scene(seed, SIZE_WH).image_bgr, SIZE_WH[0] * SIZE_WH[1]) for seed in range(4))
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


def detector_of(backend: Backend, manifest: Path, shelf: FullShelf) -> Detector:
    """The detector around a backend, told of a shelf's packs in every picture."""
    told = read_manifest(manifest)
    return Detector(
        Told(backend, shelf),
        open_namer(SHIPPED_NAMER, NamerOptions(threads=1, budget_s=0.0)),
        model=told.model,
        rules=DecodeRules(score_fits=told.score_fits),
        jpeg_limits=_LIMITS,
        work_pixels=told.work_pixels,
    )


def peer() -> Work:
    """Faster R-CNN on the picture's own size, weights of nobody."""
    network = fasterrcnn_mobilenet_v3_large_fpn(
        weights=None, weights_backbone=None, min_size=SIZE_WH[1], max_size=SIZE_WH[0]
    ).eval()
    picture = torch.rand(3, SIZE_WH[1], SIZE_WH[0])

    def look() -> object:
        with torch.inference_mode():
            return network([picture])

    return look


def _see(detector: Detector, jpeg: bytes, gallery: Gallery) -> Facings:
    return detector.see(detector.open_jpeg(jpeg), gallery)


def compared(manifest: Path, threads: int, repeats: int) -> Table:
    """Bare network and whole detector of each backend, and the peer."""
    torch.set_num_threads(threads)
    cases: dict[str, Work] = {"peer": peer()}
    shelves = {facings: full_shelf(facings) for facings in _FACINGS}
    picture = prepare(shelves[_FACINGS[0]].picture_bgr, 10**9).image_bgr[None]
    runs = backends(manifest, threads)
    gallery: Gallery | None = None
    for name, backend in runs.items():
        cases[f"{name} bare"] = partial(backend.run, picture)
        for facings, shelf in shelves.items():
            detector = detector_of(backend, manifest, shelf)
            gallery = gallery or gallery_for(detector, _PRODUCTS)
            cases[f"{name} {facings}"] = partial(_see, detector, shelf.jpeg(0), gallery)
    ms = least_ms(cases, repeats)
    table = Table("backend", "threads", "network ms", "JPEG to products ms", "ratio", "frames/s", "300 to 30 facings")
    for name in runs:
        bare, few, middle, many = (ms[f"{name} {key}"] for key in ("bare", *_FACINGS))
        shown = (f"{bare:.1f}", f"{middle:.1f}", f"{middle / bare:.2f}×", f"{1000 / middle:.1f}", f"{many / few:.2f}×")
        table.add_row(name, str(threads), *shown)
    table.add_row("torch Faster R-CNN", str(threads), f"{ms['peer']:.1f}", "", "", f"{1000 / ms['peer']:.1f}", "")
    return table


def parts(manifest: Path, repeats: int) -> Table:
    """Where our own time goes, with 150 facings that are all new."""
    told = read_manifest(manifest)
    shelf = full_shelf(_FACINGS[1])
    backend = Told(load_backend(BackendName.ONNX, manifest, threads=1), shelf)
    detector = detector_of(backend, manifest, shelf)
    namer = open_namer(SHIPPED_NAMER, NamerOptions(threads=1, budget_s=0.0))
    gallery = gallery_for(detector, _PRODUCTS)
    jpeg, image = shelf.jpeg(0), shelf.picture_bgr
    maps = backend.run(prepare(image, told.work_pixels).image_bgr[None])
    seen = detector.see_next(image, gallery, None)
    prints = [print_of(cut(image, box), FACING) for box in shelf.boxes_xyxy[:2]]
    cases: dict[str, Work] = {
        "decode the JPEG": partial(detector.open_jpeg, jpeg),
        "scale and pad": partial(prepare, image, told.work_pixels),
        "boxes from maps": partial(decode, maps, 0, DecodeRules(score_fits=told.score_fits)),
        f"look at {len(shelf.boxes_xyxy)} facings": partial(namer.name, image, shelf.boxes_xyxy, gallery),
        "find out what changed": partial(known_again, seen, image, shelf.boxes_xyxy),
        "the print of one facing": partial(print_of, cut(image, shelf.boxes_xyxy[0]), FACING),
        "compare two prints": partial(compare, *prints),
    }
    table = Table("our own part", "ms")
    for name, value in least_ms(cases, repeats).items():
        table.add_row(name, f"{value:.2f}")
    return table


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
    for count in threads or [1, 2]:
        console.print(compared(manifest, count, repeats))
    console.print(parts(manifest, repeats))


if __name__ == "__main__":
    typer.run(main)
