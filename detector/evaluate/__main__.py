"""``python -m detector.evaluate``: how well a model sees, on rendered scenes kept apart and on photographs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from detector.contract import FacingKind
from detector.evaluate.calibrate import fit_scores, logits_of, with_working_point
from detector.evaluate.coco import coco_labels
from detector.evaluate.data import (
    EVAL_DATA_VARIABLE,
    Example,
    check_photographs,
    coco_examples,
    eval_folder,
    scene_examples,
)
from detector.evaluate.found import WORKING_SCORE, Looker
from detector.evaluate.precision import Judged, average_precision, covered, gap_figures, hits_at
from detector.evaluate.recognition import name_store
from detector.evaluate.report import counting_error
from detector.manifest import SHIPPED, Manifest, ScoreFit, write_manifest
from detector.pipeline import open_for_photographs

_PHOTOGRAPHS = {
    FacingKind.FACING: ("facings-dense", "facings-tobacco"),
    FacingKind.GAP: ("gaps-real",),
    FacingKind.OCCLUDER: (),
    FacingKind.TAG: ("price-tags",),
}
_CALIBRATES_ON = {
    FacingKind.FACING: ("scenes", "facings-dense"),
    FacingKind.GAP: ("scenes", "gaps-real"),
    FacingKind.OCCLUDER: ("scenes",),
    FacingKind.TAG: ("scenes", "price-tags"),
}
_GAP_RIGHT = 0.5
_STORE_FRAMES = 6


@dataclass(frozen=True, eq=False)
class LookedAt:
    """One data set as a model saw it."""

    data: str
    kind: FacingKind
    pictures: list[Judged]


def look_at_all(looker: Looker, scenes: Path | None) -> list[LookedAt]:
    """Everything that there is to be judged on."""
    return [
        LookedAt(name, kind, looker.judge(examples, kind))
        for kind, names in _PHOTOGRAPHS.items()
        for name, examples in _sets(kind, names, scenes)
    ]


def _sets(kind: FacingKind, names: tuple[str, ...], scenes: Path | None) -> Iterator[tuple[str, Iterator[Example]]]:
    if scenes is not None:
        yield "scenes", scene_examples(scenes, kind)
    for name in names:
        folder = eval_folder(name)
        if folder is not None:
            labels = coco_labels(folder, kind)
            check_photographs(folder, labels)
            yield name, coco_examples(folder, labels)


def left_out() -> list[str]:
    """Sets of photographs that are not there to be judged on."""
    return [name for names in _PHOTOGRAPHS.values() for name in names if eval_folder(name) is None]


def calibrated(manifest: Manifest, seen: list[LookedAt]) -> Manifest:
    """The manifest with scores of which 0.5 finds as many things as there are, every data set counting alike."""
    fits = tuple(_fit(kind, seen, manifest.score_fits[kind]) for kind in FacingKind)
    return manifest.model_copy(update={"score_fits": fits})


def _fit(kind: FacingKind, seen: list[LookedAt], old: ScoreFit) -> ScoreFit:
    logits, right, weights, counted = [], [], [], []
    for each in seen:
        if each.kind is not kind or each.data not in _CALIBRATES_ON[kind]:
            continue
        scores = np.concatenate([picture.scores for picture in each.pictures])
        logits.append((logits_of(scores) - old.shift) / old.slope)
        right.append(np.concatenate([_right(kind, picture) for picture in each.pictures]))
        weights.append(np.full(len(scores), 1 / max(len(scores), 1), np.float32))
        counted.append((logits[-1], sum(len(picture.truth_xyxy) for picture in each.pictures)))
    if not any(len(each) for each in logits):
        return old
    fitted = fit_scores(np.concatenate(logits), np.concatenate(right), np.concatenate(weights))
    return with_working_point(fitted, counted)


def rescored(seen: list[LookedAt], old: Manifest, new: Manifest) -> list[LookedAt]:
    """What was seen, as the new manifest scores it."""
    return [
        replace(
            each, pictures=[_rescored(p, old.score_fits[each.kind], new.score_fits[each.kind]) for p in each.pictures]
        )
        for each in seen
    ]


def _rescored(picture: Judged, old: ScoreFit, new: ScoreFit) -> Judged:
    return replace(picture, scores=new.chance((logits_of(picture.scores) - old.shift) / old.slope))


def _right(kind: FacingKind, picture: Judged) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    if kind is FacingKind.GAP:
        allowed = np.concatenate([picture.truth_xyxy, picture.ignored_xyxy])
        return covered(picture.boxes_xyxy, allowed) >= _GAP_RIGHT
    hit, counts = hits_at(picture)
    return hit | ~counts


def figures(seen: list[LookedAt]) -> dict[str, float]:
    """All measures by ``data.kind.measure``."""
    values: dict[str, float] = {}
    for each in seen:
        name = f"{each.data}.{each.kind.name.lower()}"
        precision = average_precision(each.pictures)
        values |= {f"{name}.ap": precision.ap, f"{name}.ap50": precision.ap50, f"{name}.ap75": precision.ap75}
        if each.kind is FacingKind.GAP:
            gaps = gap_figures(each.pictures, WORKING_SCORE)
            values |= {f"{name}.hit_rate": gaps.hit_rate, f"{name}.false_per_picture": gaps.false_per_picture}
        else:
            values[f"{name}.counting_error"] = counting_error(each.pictures)
    return {name: round(value, 3) for name, value in values.items()}


def main(
    manifest: Annotated[Path, typer.Option(help="The model's manifest")] = SHIPPED,
    scenes: Annotated[Path | None, typer.Option(help="Rendered scenes that were not trained on")] = None,
    store: Annotated[Path | None, typer.Option(help="Catalogue folder of a simulated store, for recognition")] = None,
    *,
    calibrate: Annotated[bool, typer.Option(help="Fit the scores anew and write them into the manifest")] = False,
    write: Annotated[bool, typer.Option(help="Write the figures into the manifest")] = False,
) -> None:
    """Measure the detector; photographs are looked for in the folder that SHELFSTREAM_EVAL_DATA names."""
    looker = Looker(manifest)
    all_seen = look_at_all(looker, scenes)
    if calibrate:
        fitted = calibrated(looker.manifest, all_seen)
        all_seen = rescored(all_seen, looker.manifest, fitted)
        write_manifest(fitted, manifest)
        looker = Looker(manifest)
    values = figures(all_seen)
    if store is not None:
        named = name_store(open_for_photographs(manifest), store, _STORE_FRAMES)
        shares = {"right": named.right, "surely_wrong": named.wrong}
        values |= {f"store.named.{name}": round(count / max(named.found, 1), 3) for name, count in shares.items()}
    table = Table("measure", "value")
    for name, value in values.items():
        table.add_row(name, f"{value:.3f}")
    console = Console()
    console.print(table)
    for name in left_out():
        console.print(f"{name}: left out; {EVAL_DATA_VARIABLE} names no folder that holds it", style="yellow")
    if write:
        write_manifest(looker.manifest.model_copy(update={"metrics": values}), manifest)


if __name__ == "__main__":
    typer.run(main)
