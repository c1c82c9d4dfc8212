"""How well a model sees pictures that were kept aside, with how far chance could have carried the figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.contract import FacingKind
from detector.evaluate.coco import clipped
from detector.evaluate.data import Example
from detector.evaluate.found import WORKING_SCORE, Looker
from detector.evaluate.precision import Judged, average_precision, gap_figures, hits_at
from detector.evaluate.report import counting_error
from detector.jpeg import read_photograph
from detector.train.coco_pictures import BoxXywh, Photograph

_DRAWS = 400
_INTERVAL = (5.0, 95.0)

_IOUS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))

Figure = Callable[[Sequence[Judged]], float]
Drawn = Callable[[Sequence[int]], float]


@dataclass(frozen=True, eq=False)
class FigureKind:
    """A figure of one kind of thing. ``over`` prepares it for many draws of the same pictures, by their rows."""

    kind: FacingKind
    of: Figure
    over: Callable[[Sequence[Judged]], Drawn]
    more_is_better: bool


def _plainly(figure: Figure) -> Callable[[Sequence[Judged]], Drawn]:
    return lambda seen: lambda rows: figure([seen[row] for row in rows])


def _precision_over(ious: Sequence[float]) -> Callable[[Sequence[Judged]], Drawn]:
    """Mean average precision of draws: which finds are right is found once for each picture, not for each draw."""

    def over(seen: Sequence[Judged]) -> Drawn:
        found = [[hits_at(picture, least) for picture in seen] for least in ious]

        def drawn(rows: Sequence[int]) -> float:
            scores = np.concatenate([seen[row].scores for row in rows])
            there = sum(len(seen[row].truth_xyxy) for row in rows)
            order = np.argsort(-scores, kind="stable")
            pairs = [[np.concatenate([at[row][part] for row in rows])[order] for part in (0, 1)] for at in found]
            return float(np.mean([_area_under(hit, counts, there) for hit, counts in pairs]))

        return drawn

    return over


def _area_under(hit: NDArray[np.bool_], counts: NDArray[np.bool_], there: int) -> float:
    """Precision averaged over 101 recalls, as COCO does; finds best first."""
    right = np.cumsum(hit[counts])
    precision = right / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(right / max(there, 1), np.linspace(0, 1, 101))
    return float(np.append(best, 0.0)[np.minimum(places, len(best))].mean())


def _gaps_found(seen: Sequence[Judged]) -> float:
    return gap_figures(seen, WORKING_SCORE).hit_rate


def _false_gaps(seen: Sequence[Judged]) -> float:
    return gap_figures(seen, WORKING_SCORE).false_per_picture


FIGURES: Mapping[str, FigureKind] = {
    "AP50": FigureKind(FacingKind.FACING, lambda seen: average_precision(seen).ap50, _precision_over((0.5,)), True),
    "AP": FigureKind(FacingKind.FACING, lambda seen: average_precision(seen).ap, _precision_over(_IOUS), True),
    "counting error": FigureKind(FacingKind.FACING, counting_error, _plainly(counting_error), False),
    "gaps found": FigureKind(FacingKind.GAP, _gaps_found, _plainly(_gaps_found), True),
    "false gaps a picture": FigureKind(FacingKind.GAP, _false_gaps, _plainly(_false_gaps), False),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure before and after, and the middle 90 % of the change over pictures drawn again and again."""

    before: float
    after: float
    change_low: float
    change_high: float


@dataclass(frozen=True, eq=False)
class Looked:
    """What a model saw: of each kind the pictures in which somebody looked for that kind, and their cameras."""

    by_kind: Mapping[FacingKind, tuple[Judged, ...]]
    cameras: Mapping[FacingKind, tuple[str, ...]]


def looked_at(manifest: Path, photographs: Sequence[Photograph], threads: int) -> Looked:
    """The pictures as a model sees them. Raises ``Faults`` for weights that are wrong."""
    looker = Looker(manifest, threads=threads)
    kinds = (FacingKind.FACING, FacingKind.GAP)
    told = {kind: [each for each in photographs if kind in each.told] for kind in kinds}
    return Looked(
        {kind: tuple(looker.judge(_examples(told[kind], kind), kind)) for kind in kinds},
        {kind: tuple(each.camera for each in told[kind]) for kind in kinds},
    )


def compared(before: Looked, after: Looked, seed: int = 1) -> dict[str, Measured]:
    """Every figure of which there is something to be judged."""
    found = {}
    for name, figure in FIGURES.items():
        pair = before.by_kind[figure.kind], after.by_kind[figure.kind]
        if any(len(each.truth_xyxy) for each in pair[0]):
            found[name] = _measured(pair, figure, np.random.default_rng(seed))
    return found


def by_camera(before: Looked, after: Looked) -> dict[str, dict[str, tuple[float, float]]]:
    """(before, after) of every figure for each camera that has a name."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for name, figure in FIGURES.items():
        cameras = before.cameras[figure.kind]
        for camera in sorted({*cameras} - {""}):
            rows = [row for row, own in enumerate(cameras) if own == camera]
            pair = [[looked.by_kind[figure.kind][row] for row in rows] for looked in (before, after)]
            if any(len(each.truth_xyxy) for each in pair[0]):
                found.setdefault(camera, {})[name] = figure.of(pair[0]), figure.of(pair[1])
    return found


def _measured(
    pair: tuple[Sequence[Judged], Sequence[Judged]], figure: FigureKind, rng: np.random.Generator
) -> Measured:
    changes = []
    before, after = figure.over(pair[0]), figure.over(pair[1])
    for _ in range(_DRAWS):
        drawn = rng.integers(len(pair[0]), size=len(pair[0])).tolist()
        if any(len(pair[0][row].truth_xyxy) for row in drawn):
            changes.append(after(drawn) - before(drawn))
    low, high = np.percentile(changes, _INTERVAL) if changes else (0.0, 0.0)
    return Measured(figure.of(pair[0]), figure.of(pair[1]), float(low), float(high))


def _examples(photographs: Sequence[Photograph], kind: FacingKind) -> Iterator[Example]:
    for each in photographs:
        image = read_photograph(each.path)
        size_wh = (image.shape[1], image.shape[0])
        mine = [box for box, own in zip(each.boxes_xywh, each.kinds, strict=True) if own is kind]
        yield Example(image, clipped(_corners(mine), size_wh), clipped(_corners(each.ignored_xywh), size_wh))


def _corners(boxes_xywh: Sequence[BoxXywh]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    boxes = np.array(boxes_xywh, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes
