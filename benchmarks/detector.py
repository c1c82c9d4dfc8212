"""``python -m benchmarks.detector``: frames a second of the whole detector, products named.

JPEG bytes of 1280×720 full of packs go in, facings with products come out: with everything new in every frame, and for
a shelf that stands still under a camera's noise, or in which one place changes. ``benchmarks.inference`` compares
backends.
"""

import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.full_shelves import FullShelf, Told, full_shelf, gallery_for
from detector.backends.base import BackendName, Precision
from detector.backends.load import load_backend
from detector.decode import DecodeRules
from detector.gallery.gallery import Gallery
from detector.jpeg import JpegLimits
from detector.manifest import SHIPPED, read_manifest
from detector.naming.memory import LastLook
from detector.naming.namer import SHIPPED_NAMER, NamerOptions, open_namer
from detector.pipeline import Detector

_LIMITS = JpegLimits(max_bytes=4 * 1024 * 1024, max_pixels=4_000_000)
_OTHERS = 200


def main(
    *,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the networks")] = 2,
    frames: Annotated[int, typer.Option(min=3, help="Frames to measure")] = 15,
    products: Annotated[int, typer.Option(min=300, help="Products in the gallery")] = 500,
    backend: Annotated[BackendName, typer.Option(help="What runs the network")] = BackendName.ONNX,
    precision: Annotated[Precision, typer.Option(help="What it computes in")] = Precision.F32,
    segmenter: Annotated[Path, typer.Option(help="Manifest of its weights, int8 for one")] = SHIPPED,
    namer: Annotated[Path, typer.Option(help="Manifest of what names facings")] = SHIPPED_NAMER,
    print_budget: Annotated[float, typer.Option(min=0, help="Seconds for comparing prints, a frame")] = 0.05,
) -> None:
    """Measure the detector on this machine."""
    weights = Weights(segmenter, namer)
    table = Table("facings", "everything new", "one place new", "steady shelf", title=f"frames/s, {products} products")
    gallery: Gallery | None = None
    for facings in (30, 150, 300):
        shelves = [full_shelf(facings), full_shelf(facings, shift=_OTHERS)]
        detector = detector_for(shelves[0], weights, NamerOptions(threads, print_budget), backend, precision)
        gallery = gallery or gallery_for(detector, products)
        rates = [
            1 / each
            for each in (_new_s(detector, gallery, shelves, frames), *_kept_s(detector, gallery, shelves, frames))
        ]
        table.add_row(str(facings), *(f"{rate:.1f}" for rate in rates))
    Console().print(table)


class Weights(NamedTuple):
    """Manifests of the two networks."""

    segmenter: Path
    namer: Path


def detector_for(
    shelf: FullShelf, weights: Weights, naming: NamerOptions, backend: BackendName, precision: Precision
) -> Detector:
    """A detector whose segmenter is told where the shelf's packs are."""
    manifest = read_manifest(weights.segmenter)
    network = load_backend(backend, weights.segmenter, threads=naming.threads, precision=precision)
    return Detector(
        Told(network, shelf),
        open_namer(weights.namer, naming),
        model=manifest.model,
        rules=DecodeRules(score_fits=manifest.score_fits),
        jpeg_limits=_LIMITS,
        work_pixels=manifest.work_pixels,
    )


def _new_s(detector: Detector, gallery: Gallery, shelves: list[FullShelf], frames: int) -> float:
    """Other products in every place of every frame."""
    jpegs = itertools.cycle([shelf.jpeg(seed) for seed, shelf in enumerate(shelves)])
    last: list[LastLook | None] = [None]

    def work() -> None:
        last[0] = detector.see_next(detector.open_jpeg(next(jpegs)), gallery, last[0])

    return median_s(work, frames)


def _kept_s(detector: Detector, gallery: Gallery, shelves: list[FullShelf], frames: int) -> tuple[float, float]:
    """(one place changes in every frame, nothing changes but the noise)."""
    first, other = shelves
    left, top, right, bottom = first.boxes_xyxy[len(first.boxes_xyxy) // 2].astype(int)
    swapped = first.picture_bgr.copy()
    swapped[top:bottom, left:right] = other.picture_bgr[top:bottom, left:right]
    changing = itertools.cycle([first.jpeg(1), replace(first, picture_bgr=swapped).jpeg(2)])
    still = itertools.cycle([first.jpeg(seed) for seed in range(5)])
    seconds = []
    for jpegs in (changing, still):
        seen: LastLook | None = None
        while seen is None or not seen.named.compared.all():
            seen = detector.see_next(detector.open_jpeg(next(jpegs)), gallery, seen)
        last = [seen]

        def work(jpegs: "itertools.cycle[bytes]" = jpegs, last: list[LastLook] = last) -> None:
            last[0] = detector.see_next(detector.open_jpeg(next(jpegs)), gallery, last[0])

        seconds.append(median_s(work, frames))
    return seconds[0], seconds[1]


def median_s(work: Callable[[], object], times: int) -> float:
    """Median seconds of a piece of work, warmed up once."""
    work()
    measured = []
    for _ in range(times):
        began_s = time.perf_counter()
        work()
        measured.append(time.perf_counter() - began_s)
    return statistics.median(measured)


if __name__ == "__main__":
    typer.run(main)
