"""A bay without a plan: a person marks its corners, what stands there becomes a draft, which they correct. Pure."""

from collections.abc import Sequence

import numpy as np

from analytics.plan_learning.draft import DraftPlan, draft_plan
from console.views.outlines import Corner
from detector.contract import Facings
from shelfstream.catalogue.adding import free_name
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import bay_from_picture, bent, picture_from_bay, project, straightened
from shelfstream.catalogue.model import Bay, Calibration, Camera, CatalogueEntity, PointPair, Shelf
from shelfstream.catalogue.plan_files.to_catalogue import slug_of
from shelfstream.errors import Fault, Faults

_SIDE_MM = (100.0, 20_000.0)
_MM_PER_CM = 10.0
_UNTIL_DRAFTED = Shelf(id="s1", y_mm=0.0, clearance_mm=100.0)


def marked_bay(catalogue: Catalogue, store: str, name: str, width_cm: float, height_cm: float) -> Bay:
    """The bay that a person says is there. Raises ``Faults``."""
    faults = []
    sides_mm = (width_cm * _MM_PER_CM, height_cm * _MM_PER_CM)
    for what, side_mm in zip(("width", "height"), sides_mm, strict=True):
        if not _SIDE_MM[0] <= side_mm <= _SIDE_MM[1]:
            faults.append(Fault(what, f"must lie in {_SIDE_MM[0] / 10:g} to {_SIDE_MM[1] / 10:g} cm"))
    if faults:
        raise Faults("bay", faults)
    taken = {bay for at, bay in catalogue.bays if at == store}
    identifier = free_name(slug_of(name) or "bay", taken)
    return Bay(
        store=store, id=identifier, name=name.strip(), width_mm=sides_mm[0], height_mm=sides_mm[1],
        shelves=(_UNTIL_DRAFTED,),
    )  # fmt: skip


def corner_calibration(bay: Bay, corners_px: Sequence[Corner]) -> Calibration:
    """A calibration by the bay's four corners in the picture, from the top left clockwise."""
    wide, high = bay.width_mm, bay.height_mm
    spots = ((0.0, high), (wide, high), (wide, 0.0), (0.0, 0.0))
    return Calibration(
        bay=bay.id, points=tuple(PointPair(image_px=px, bay_mm=mm) for px, mm in zip(corners_px, spots, strict=True))
    )


def drafted(catalogue: Catalogue, bay: Bay, calibration: Calibration, frames: Sequence[Facings]) -> DraftPlan:
    """What stands on the bay, as a plan. Raises ``Faults`` where there is none to be made."""
    known = [gtin for store, gtin in catalogue.products if store == bay.store]
    try:
        return draft_plan(bay, calibration, frames, known)
    except ValueError as exc:
        raise Faults("plan", [Fault("bay", str(exc))]) from exc


def with_draft(catalogue: Catalogue, draft: DraftPlan, camera: Camera) -> Catalogue:
    """The catalogue as it would be with the draft, and the camera that sees it."""
    store = draft.bay.store
    entities: list[CatalogueEntity] = [
        each
        for each in catalogue.entities()
        if not (isinstance(each, Camera) and (each.store, each.id) == (store, camera.id))
    ]
    return Catalogue.of([*entities, draft.bay, *draft.unnamed, *draft.slots, camera])


def edges_px(draft: DraftPlan, slot_id: str, calibration: Calibration) -> tuple[Corner, Corner]:
    """Where the middles of a place's left and right edge are in the picture."""
    slot = next(each for each in draft.slots if each.id == slot_id)
    shelf = next(each for each in draft.bay.shelves if each.id == slot.shelf)
    middle = shelf.y_mm + shelf.clearance_mm / 2
    spots = np.array([(slot.x_min_mm, middle), (slot.x_max_mm, middle)])
    (left, top), (right, foot) = bent(calibration.lens, project(picture_from_bay(calibration), spots)).tolist()
    return (round(left, 1), round(top, 1)), (round(right, 1), round(foot, 1))


def across_mm(calibration: Calibration, point_px: Corner) -> float:
    """How far along the bay a point of the picture is."""
    straight = straightened(calibration.lens, np.array([point_px]))
    return float(project(bay_from_picture(calibration), straight)[0, 0])
