"""``python -m benchmarks.detector``: frames per second of the whole detector.

JPEG bytes of 1280×720 go in, facings with products come out. ``benchmarks.detector_backends`` compares backends.
"""

import statistics
import time
from collections.abc import Callable
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from detector.gallery.gallery import Gallery, Reference, gallery_of
from detector.manifest import EMBEDDING_SIZE
from detector.pipeline import open_detector
from detector.settings import DetectorSettings
from simulator.scenes.scenes import random_scene

_SIZE_WH = (1280, 720)
_PRODUCTS = 1000


def main(
    threads: Annotated[int, typer.Option(min=1, help="Threads of the network")] = 2,
    frames: Annotated[int, typer.Option(min=3, help="Frames to measure")] = 15,
) -> None:
    """Measure the detector on this machine."""
    detector = open_detector(DetectorSettings(threads=threads))
    gallery = _gallery()
    jpegs = [_jpeg(seed) for seed in range(3)]
    places = iter(range(10**9))
    table = Table("what", "median", "rate")
    whole_s = median_s(lambda: detector.see(detector.open_jpeg(jpegs[next(places) % 3]), gallery), frames)
    table.add_row(f"JPEG 1280×720 to facings, {_PRODUCTS} products", f"{whole_s * 1000:.0f} ms", f"{1 / whole_s:.1f}/s")
    decode_s = median_s(lambda: detector.open_jpeg(jpegs[0]), frames)
    table.add_row("of it, the JPEG", f"{decode_s * 1000:.1f} ms", "")
    Console().print(table)


def _jpeg(seed: int) -> bytes:
    done, encoded = cv2.imencode(".jpg", random_scene(seed, _SIZE_WH).image_bgr)
    assert done
    return encoded.tobytes()


def _gallery() -> Gallery:
    vectors = np.random.default_rng(1).normal(size=(_PRODUCTS, EMBEDDING_SIZE)).astype(np.float32)
    references = [Reference(f"{index:014}", f"{index}.jpg") for index in range(_PRODUCTS)]
    return gallery_of(references, list(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))


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
