"""Measures how the shipped detector errs on labelled photographs: ``python -m benchmarks.events.measure_noise``.

Writes ``noise.toml``, which the facings mode draws its errors from. Sizes are the square root of a facing's area where
the network sees it. How long an error lasts is told by looking at the same photograph again as a fixed camera would at
the same shelf: a little brighter or darker, moved by some pixels, with other grain, stored by another quality. Of two
such looks, how much likelier a facing is missed in one if it was missed in the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.optimize import brentq
from scipy.stats import multivariate_normal, norm

from benchmarks.events.noise import NOISE_FILE, SIZE_EDGES_PX, Noise, write_noise
from detector.boxes import iou
from detector.contract import FacingKind, Facings
from detector.evaluate.coco import coco_labels
from detector.evaluate.data import coco_examples, eval_folder
from detector.pipeline import Detector, open_for_photographs

_SCORE_MIN = 0.3
_SAME_IOU = 0.5
_STRIPS = 24
_GAP_SHARE = 0.4
_STANDS_SHARE = 0.35
_WORKING_PIXELS = 1_000_000
_FEWEST = 30
_COVERED_SHARE = 0.4
_AGAIN = 2
_NAMED, _MISNAMED = 51 / 60, 1 / 62
"""Read off by eye on a real cereal bay in two stock states (docs/detector.md): 51 of 60 surely right, of 60 none called
another product against the plan (the mean of what is then to be expected, after Laplace)."""

Boxes = NDArray[np.float64]
Bools = NDArray[np.bool_]
Image = NDArray[np.uint8]


def main(
    out: Annotated[Path, typer.Option(help="Where to write what was measured.")] = NOISE_FILE,
) -> None:
    """Measure and write; needs facings-dense and gaps-many in the folder that SHELFSTREAM_EVAL_DATA names."""
    detector = open_for_photographs(None)
    noise = _measured(detector)
    write_noise(noise, out)
    Console().print(f"{out}: {noise}")


def _measured(detector: Detector) -> Noise:
    facings, gaps = _on_facings(detector, "facings-dense"), _on_gaps(detector, "gaps-many")
    bins = np.digitize(facings.sizes, SIZE_EDGES_PX)
    first = facings.missed[:, 0]
    return Noise(
        model=detector.model,
        miss=tuple(_rate(first, bins == each) for each in range(len(SIZE_EDGES_PX) + 1)),
        loose=tuple(_rate(facings.loose, bins == each) for each in range(len(SIZE_EDGES_PX) + 1)),
        jitter=facings.jitter,
        loose_jitter=facings.loose_jitter,
        gap_miss=float(gaps.missed[:, 0].mean()),
        false_facing=float(gaps.stands[:, 0].mean()),
        false_gap=float(facings.false_gaps[:, 0].mean()),
        facing_lasts=_lasting(facings.missed),
        neighbours_alike=_correlation(float(first.mean()), float(np.mean(facings.with_neighbour))),
        named=_NAMED,
        misnamed=_MISNAMED,
        gap_lasts=_lasting(gaps.missed),
    )


@dataclass(frozen=True, eq=False)
class _OnFacings:
    """Of N labelled facings in L looks: sizes (N,), which are missed and which are called a gap (N, L).

    ``loose`` (N,): covered, but by no box that fits. ``with_neighbour``: of pairs, whether both are missed.
    """

    sizes: NDArray[np.float64]
    missed: Bools
    false_gaps: Bools
    loose: Bools
    with_neighbour: list[bool]
    jitter: float
    loose_jitter: float


@dataclass(frozen=True, eq=False)
class _OnGaps:
    """Of N labelled gaps in L looks (N, L): which are not seen as gaps, and in which a facing is seen to stand."""

    missed: Bools
    stands: Bools


def _rate(missed: Bools, which: Bools) -> float:
    return float(missed[which].mean() if which.sum() >= _FEWEST else missed.mean())


def _on_facings(detector: Detector, name: str) -> _OnFacings:
    sizes, missed, false_gaps, loose, offs, far_offs = [], [], [], [], [], []
    together: list[bool] = []
    for image, truth in _pictures(name, FacingKind.FACING):
        scale = min(1.0, (_WORKING_PIXELS / (image.shape[0] * image.shape[1])) ** 0.5)
        sides = truth[:, 2:] - truth[:, :2]
        sizes.append(np.sqrt(sides.prod(1)) * scale)
        looks = [_facings_found(detector.see(look), truth) for look in _looks(image)]
        missed.append(np.column_stack([look.missed for look in looks]))
        false_gaps.append(np.column_stack([look.false_gaps for look in looks]))
        loose.append(looks[0].loose)
        offs.append(looks[0].offs)
        far_offs.append(looks[0].far_offs)
        together.extend(bool(looks[0].missed[[left, right]].all()) for left, right in _neighbours(truth))
    return _OnFacings(
        np.concatenate(sizes), np.concatenate(missed), np.concatenate(false_gaps), np.concatenate(loose), together,
        _spread(offs), _spread(far_offs),
    )  # fmt: skip


def _spread(offs: list[NDArray[np.float64]]) -> float:
    """The standard deviation that fits the middle half (outliers are told apart as loose)."""
    away = np.concatenate(offs).ravel()
    return float(1.4826 * np.median(np.abs(away - np.median(away))))


def _neighbours(truth: Boxes) -> Iterator[tuple[int, int]]:
    """Facings of one size side by side: mostly of one product."""
    middles, sides = _middles(truth), truth[:, 2:] - truth[:, :2]
    for left in range(len(truth)):
        off = (middles - middles[left]) / sides[left]
        alike = (np.abs(sides / sides[left] - 1) < 0.1).all(1)
        beside = np.flatnonzero(alike & (np.abs(off[:, 1]) < 0.2) & (off[:, 0] > 0.5) & (off[:, 0] < 1.3))
        if len(beside):
            yield left, int(beside[0])


@dataclass(frozen=True, eq=False)
class _FacingsFound:
    missed: Bools
    false_gaps: Bools
    loose: Bools
    offs: NDArray[np.float64]
    far_offs: NDArray[np.float64]


def _facings_found(found: Facings, truth: Boxes) -> _FacingsFound:
    fronts, gaps = _boxes(found, FacingKind.FACING), _boxes(found, FacingKind.GAP)
    overlap = iou(truth, fronts) if len(fronts) else np.zeros((len(truth), 1))
    fits = overlap.max(1) >= _SAME_IOU
    loose = ~fits & np.array([_covered(box, fronts) >= _COVERED_SHARE for box in truth])
    seen_as_gap = np.array([_covered(box, gaps) >= _GAP_SHARE for box in truth]) & ~fits & ~loose
    sides = truth[:, 2:] - truth[:, :2]
    offs = (fronts[overlap.argmax(1)] - truth) / np.tile(sides, 2) if len(fronts) else np.zeros((len(truth), 4))
    return _FacingsFound(~fits & ~loose, seen_as_gap, loose, offs[fits], offs[loose])


def _on_gaps(detector: Detector, name: str) -> _OnGaps:
    missed, stands = [], []
    for image, truth in _pictures(name, FacingKind.GAP):
        looks = [_gaps_found(detector.see(look), truth) for look in _looks(image)]
        missed.append(np.column_stack([look[0] for look in looks]))
        stands.append(np.column_stack([look[1] for look in looks]))
    return _OnGaps(np.concatenate(missed), np.concatenate(stands))


def _gaps_found(found: Facings, truth: Boxes) -> tuple[Bools, Bools]:
    fronts, gaps = _boxes(found, FacingKind.FACING), _boxes(found, FacingKind.GAP)
    stands = np.array([_covered(box, fronts[_within(_middles(fronts), box)]) > _STANDS_SHARE for box in truth], bool)
    seen = np.array([_covered(box, gaps) >= _GAP_SHARE for box in truth], bool)
    return ~seen | stands, stands


def _looks(image: Image) -> Iterator[Image]:
    """The photograph, and twice as a fixed camera might take it again."""
    yield image
    rng = np.random.default_rng(image.shape[0] * 7919 + image.shape[1])
    for _ in range(_AGAIN):
        moves = np.array([[1, 0, rng.uniform(-3, 3)], [0, 1, rng.uniform(-3, 3)]], np.float64)
        size = (image.shape[1], image.shape[0])
        moved = cv2.warpAffine(image, moves, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        noisy = moved * rng.uniform(0.85, 1.15) + rng.normal(0, 3, image.shape)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 92))]
        stored = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), quality)[1]
        yield np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8)


def _lasting(missed: Bools) -> float:
    """How far the errors (N, L) of two looks at the same thing go together: 0 not at all, 1 wholly."""
    looks = missed.shape[1]
    times = missed.sum(1)
    joint = float((times * (times - 1)).sum() / (len(missed) * looks * (looks - 1)))
    return _correlation(float(missed.mean()), joint)


def _correlation(rate: float, joint: float) -> float:
    """Of the normal variables behind two errors of this rate that come together so often (tetrachoric correlation)."""
    bar = norm.ppf(rate)

    def surplus(rho: float) -> float:
        return float(multivariate_normal.cdf([bar, bar], mean=[0, 0], cov=[[1, rho], [rho, 1]])) - joint

    if surplus(0.0) >= 0:
        return 0.0
    return float(brentq(surplus, 0.0, 0.999)) if surplus(0.999) > 0 else 0.999


def _pictures(name: str, kind: FacingKind) -> Iterator[tuple[NDArray[np.uint8], Boxes]]:
    folder = eval_folder(name)
    if folder is None:
        raise typer.BadParameter(f"SHELFSTREAM_EVAL_DATA names no folder that holds {name}")
    labels = coco_labels(folder, kind)
    for example in track(coco_examples(folder, labels), name, total=len(labels)):
        yield example.image_bgr, np.asarray(example.truth_xyxy, np.float64)


def _boxes(found: Facings, kind: FacingKind) -> Boxes:
    keep = (found.kinds == kind) & (found.scores >= _SCORE_MIN)
    return np.asarray(found.boxes_xyxy[keep], np.float64)


def _middles(boxes: Boxes) -> Boxes:
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2, np.float64)


def _within(points: Boxes, box: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(((points >= box[:2]) & (points < box[2:])).all(1))


def _covered(box: NDArray[np.float64], others: Boxes) -> float:
    """Share of a box's width that others cover which reach over the middle of its height."""
    middle = (box[1] + box[3]) / 2
    level = others[(others[:, 1] <= middle) & (others[:, 3] >= middle)]
    strips = box[0] + (box[2] - box[0]) * (np.arange(_STRIPS) + 0.5) / _STRIPS
    return float(((strips[:, None] >= level[:, 0]) & (strips[:, None] < level[:, 2])).any(1).mean())


if __name__ == "__main__":
    typer.run(main)
