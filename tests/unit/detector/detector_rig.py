"""A detector without a trained network, and small scenes to learn from."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.decode import DecodeRules
from detector.gallery.prints import PrintFit
from detector.jpeg import JpegLimits
from detector.manifest import KINDS, OUTPUT_NAMES, STRIDE_PX, LooksFit, RawMaps, ScoreFit
from detector.naming.namer import Namer
from detector.pipeline import Detector

SURE, NEVER = 4.0, -9.0
LIMITS = JpegLimits(max_bytes=1024 * 1024, max_pixels=4_000_000)
Box = tuple[float, float, float, float]


def rules(**given: float) -> DecodeRules:
    """Rules whose scores are the network's own."""
    least, overlap = given.get("min_score", 0.25), given.get("max_iou", 0.5)
    return DecodeRules(score_fits=(ScoreFit(),) * KINDS, min_score=least, max_iou=overlap)


def maps_of(size_wh: tuple[int, int], facings: Sequence[Box] = (), gaps: Sequence[Box] = ()) -> RawMaps:
    """The maps that a perfect network would give for these boxes (px)."""
    width, height = size_wh
    rows, columns = height // STRIDE_PX, width // STRIDE_PX
    heat = np.full((1, KINDS, rows, columns), NEVER, np.float32)
    edges = np.ones((1, 4, rows, columns), np.float32)
    areas = np.full_like(heat, NEVER)
    for left, top, right, bottom in facings:
        row, column = int((top + bottom) / 2 / STRIDE_PX), int((left + right) / 2 / STRIDE_PX)
        x, y = (column + 0.5) * STRIDE_PX, (row + 0.5) * STRIDE_PX
        heat[0, 0, row, column] = SURE
        edges[0, :, row, column] = np.array([x - left, y - top, right - x, bottom - y]) / STRIDE_PX
    for left, top, right, bottom in gaps:
        x_min, y_min, x_max, y_max = (round(edge / STRIDE_PX) for edge in (left, top, right, bottom))
        areas[0, 1, y_min:y_max, x_min:x_max] = SURE
    return RawMaps(heat, edges, areas)


class BrightThings:
    """A network that takes every bright rectangle for a facing, and every dark one for a gap."""

    def __init__(self, most_at_once: int = 1) -> None:
        self.most_at_once = most_at_once
        self.runs = 0

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        assert len(images_bgr) <= self.most_at_once
        self.runs += 1
        told = [
            maps_of((image.shape[1], image.shape[0]), _rectangles(image.max(2) > 150), _rectangles(image.max(2) < 30))
            for image in images_bgr
        ]
        return RawMaps(*(np.concatenate([getattr(maps, name) for maps in told]) for name in OUTPUT_NAMES))


class MeanColours:
    """A network to which things look alike that have one colour; ``pictures`` counts those that it was shown."""

    side_px = 32

    def __init__(self) -> None:
        self.pictures = 0

    def run(self, pictures_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.pictures += len(pictures_bgr)
        return np.asarray(pictures_bgr[:, 8:24, 8:24].mean((1, 2)), np.float32)


def naming_by_colour(network: MeanColours | None = None, *, budget_s: float = 1.0) -> Namer:
    """A namer with that network."""
    fit = LooksFit(temperature=0.03, unknown_at=0.7)
    return Namer(network or MeanColours(), model="colour@1", fit=fit, print_fit=PrintFit(0.1, 0.1), budget_s=budget_s)


def _rectangles(mask: NDArray[np.bool_]) -> list[Box]:
    found = cv2.connectedComponentsWithStats(mask.astype(np.uint8))[2][1:]
    return [(float(x), float(y), float(x + w), float(y + h)) for x, y, w, h, _ in found]


def seeing_bright_things(namer: Namer | None = None, *, most_at_once: int = 1) -> tuple[Detector, BrightThings]:
    """A detector with these networks."""
    network = BrightThings(most_at_once)
    detector = Detector(
        network,
        namer or naming_by_colour(),
        model="bright@1",
        rules=rules(),
        jpeg_limits=LIMITS,
        work_pixels=1280 * 720,
    )
    return detector, network


def jpeg_of(image_bgr: NDArray[np.uint8], suffix: str = ".jpg") -> bytes:
    """The encoded picture."""
    done, encoded = cv2.imencode(suffix, image_bgr)
    assert done
    return encoded.tobytes()


def shelf(*colours: tuple[int, int, int], size_wh: tuple[int, int] = (640, 352)) -> NDArray[np.uint8]:
    """A grey picture with a rectangle of each colour, 60 × 100 px, from the left."""
    image = np.full((size_wh[1], size_wh[0], 3), 100, np.uint8)
    for place, colour in enumerate(colours):
        image[120:220, 40 + 80 * place : 100 + 80 * place] = colour
    return image


def write_tiny_scenes(folder: Path, count: int) -> None:
    """Rows of two-coloured rectangles, some of them dark gaps, in the simulator's format."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        _write_tiny_scene(folder / f"{seed}.npz", np.random.default_rng(seed))


def _write_tiny_scene(path: Path, rng: np.random.Generator) -> None:
    image, ids = np.full((480, 640, 3), 150, np.uint8), np.zeros((480, 640), np.uint16)
    rows: list[tuple[Box, int, int, int]] = []
    for top in range(10, 350, 110):
        left = 10
        while left < 560:
            width, product = int(rng.integers(30, 70)), int(rng.integers(1, 7))
            kind = int(rng.random() < 0.15)
            instance = 60_000 + len(rows) if kind else len(rows) + 1
            part = (slice(top, top + 100), slice(left, left + width))
            ids[part], image[part] = instance, 20
            if not kind:
                outer, inner = np.random.default_rng(product).integers(60, 255, (2, 3))
                image[part], image[top + 20 : top + 60, left + 5 : left + width - 5] = outer, inner
            rows.append(((left, top, left + width, top + 100), kind, product, instance))
            left += width + 2
    boxes, kinds, products, instances = zip(*rows, strict=True)
    cv2.imwrite(str(path.with_suffix(".jpg")), image)
    np.savez(
        path,
        ids_png=cv2.imencode(".png", ids)[1],
        boxes_xyxy=np.array(boxes, np.float32),
        kinds=np.array(kinds, np.uint8),
        visible_fraction=np.ones(len(rows), np.float32),
        product_ids=np.array(products, np.int64),
        instance_ids=np.array(instances, np.uint16),
        jpeg_quality=np.int64(90),
    )
