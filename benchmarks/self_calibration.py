"""How well cameras calibrate themselves: ``python -m benchmarks.self_calibration [--wrong] [--first 100]``.

Random bays and cameras of the simulator, calibration withheld. A camera counts as calibrated when it says that it is
sure and every corner of every slot lies within a quarter of a facing of where it truly is; as confidently wrong when it
is sure and the middle of all corners is further off than that. With ``--wrong`` a fifth of the places are empty or hold
another product (beside those that have sold out), and the plan is a version old. Mirrored pictures, and plans with
their products shuffled, must give nothing.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analytics.photographs.verdict import Proposal, propose
from benchmarks.random_bays import BAY, SIZE_WH, STORE, Difficulty, RandomBay, random_bay
from detector.contract import Facings
from detector.gallery.gallery import Gallery, Look, Reference, gallery_of
from detector.pipeline import Detector, open_detector
from detector.settings import DetectorSettings
from shelfstream.catalogue.geometry import bent, project
from shelfstream.catalogue.model import Slot
from simulator.store.demo_store import reference_picture

_QUARTER, _HALF = 0.25, 0.5


@dataclass(frozen=True)
class _Case:
    """One camera: whether it is sure, how far its corners are off in facings (most, middle), and how long it took."""

    sure: bool
    most_off: float
    middle_off: float
    seconds: float
    falsely_sure: int


def main(
    cameras: Annotated[int, typer.Option(help="How many.")] = 100,
    first: Annotated[int, typer.Option(help="The seed of the first.")] = 0,
    *,
    wrong: Annotated[bool, typer.Option(help="A fifth empty or wrong, the plan one version old.")] = False,
    lens: Annotated[bool, typer.Option(help="Lenses that bend.")] = True,
) -> None:
    """Measure and print."""
    difficulty = Difficulty(lens=lens, wrong_share=0.2 * wrong, version_behind=wrong)
    cases = list(_cases(range(first, first + cameras), difficulty))
    table = Table("what", "cameras", title=f"{len(cases)} cameras, {difficulty}")
    sure = [case for case in cases if case.sure]
    rows = {
        "sure, all corners within a quarter of a facing": sum(case.most_off <= _QUARTER for case in sure),
        "sure": len(sure),
        "all corners within a quarter, sure or not": sum(case.most_off <= _QUARTER for case in cases),
        "all corners within a half, sure or not": sum(case.most_off <= _HALF for case in cases),
        "confidently wrong": sum(case.middle_off > _QUARTER for case in sure),
        "sure of a mirrored picture or a shuffled plan": sum(case.falsely_sure for case in cases),
    }
    for what, count in rows.items():
        table.add_row(what, str(count))
    table.add_row("seconds a camera, the middle of all", f"{np.median([case.seconds for case in cases]):.1f}")
    Console().print(table)


def _cases(seeds: range, difficulty: Difficulty) -> Iterator[_Case]:
    detector = open_detector(DetectorSettings())
    looks: dict[str, Look] = {}
    for seed in track(seeds, "cameras", transient=True):
        try:
            scene = random_bay(seed, difficulty)
        except ValueError:  # a shelf is out of the picture
            continue
        facings = detector.see(scene.image_bgr, _gallery(scene, detector, looks))
        began_s = time.perf_counter()
        proposal = _proposed(scene, scene.plan.slots_by_bay[STORE, BAY], facings)
        seconds = time.perf_counter() - began_s
        most, middle = _off(scene, proposal)
        yield _Case(proposal.sure, most, middle, seconds, _falsely_sure(scene, facings, seed))


def _gallery(scene: RandomBay, detector: Detector, looks: dict[str, Look]) -> Gallery:
    for product in scene.plan.products.values():
        if product.gtin not in looks:
            looks[product.gtin] = detector.look_of(detector.open_photograph(reference_picture(product)))
    gtins = [product.gtin for product in scene.plan.products.values()]
    return gallery_of([Reference(gtin, gtin) for gtin in gtins], [looks[gtin] for gtin in gtins])


def _proposed(scene: RandomBay, slots: tuple[Slot, ...], facings: Facings) -> Proposal:
    products = {product.gtin: product for product in scene.plan.products.values()}
    return propose(scene.plan.bays[STORE, BAY], slots, products, facings, SIZE_WH)


def _falsely_sure(scene: RandomBay, facings: Facings, seed: int) -> int:
    slots = scene.plan.slots_by_bay[STORE, BAY]
    order = np.random.default_rng(seed).permutation(len(slots))
    shuffled = tuple(slot.model_copy(update={"gtin": slots[n].gtin}) for slot, n in zip(slots, order, strict=True))
    boxes = facings.boxes_xyxy.copy()
    boxes[:, [0, 2]] = SIZE_WH[0] - boxes[:, [2, 0]]
    mirrored = replace(facings, boxes_xyxy=boxes)
    return _proposed(scene, shuffled, facings).sure + _proposed(scene, slots, mirrored).sure


def _off(scene: RandomBay, proposal: Proposal) -> tuple[float, float]:
    """How far slots' corners are off in the picture, in widths of their facings: the most, and the middle of all."""
    if proposal.image_from_bay is None:
        return np.inf, np.inf
    corners, steps = _corners_mm(scene)
    true_px = scene.true_px(corners)
    facing_px = np.linalg.norm(scene.true_px(corners + steps) - true_px, axis=1)
    off = np.linalg.norm(bent(proposal.lens, project(proposal.image_from_bay, corners)) - true_px, axis=1) / facing_px
    return float(off.max()), float(np.median(off))


def _corners_mm(scene: RandomBay) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners (N, 2) of all slots' fronts, and the step (N, 2) of one facing there."""
    feet = {shelf.id: shelf for shelf in scene.plan.bays[STORE, BAY].shelves}
    corners, steps = [], []
    for slot in scene.plan.slots.values():
        shelf, product = feet[slot.shelf], scene.plan.products[STORE, slot.gtin]
        high = min(shelf.clearance_mm, (product.height_mm or shelf.clearance_mm) * slot.facings_high)
        corners += [(x, y) for x in (slot.x_min_mm, slot.x_max_mm) for y in (shelf.y_mm, shelf.y_mm + high)]
        steps += [((slot.x_max_mm - slot.x_min_mm) / slot.facings_wide, 0.0)] * 4
    return np.array(corners), np.array(steps)


if __name__ == "__main__":
    typer.run(main)
