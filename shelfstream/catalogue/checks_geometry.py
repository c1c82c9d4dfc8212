"""Rules of geometry: calibrations are where a camera could see them, shelves fit their bay, slots fit their shelf."""

from collections.abc import Iterator

import numpy as np

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.finding import FieldPath, Finding, Severity, Subject, subject_of
from shelfstream.catalogue.geometry import fit_homography, project, straightened, turning
from shelfstream.catalogue.model import Bay, Calibration, Product, Shelf, Slot

_SIDE_PX_MAX = 16_384
_AROUND_BAY_MM = 500.0
_RESIDUAL_MAX_MM = 60.0
"""Lenses bend straight lines by some centimetres over a bay; more than this is a mixed-up point."""

_SLIVER = 0.1
"""Of the narrower of two places: what stands above a neighbour by less is no obstacle to it."""

_SLACK_MM = 0.5
"""Two slots may share an edge; plans are rounded to the millimetre."""


def check_calibrations(catalogue: Catalogue) -> Iterator[Finding]:
    """Point pairs that cannot be right."""
    for camera in catalogue.cameras.values():
        for place, calibration in enumerate(camera.calibrations):
            bay = catalogue.bays.get((camera.store, calibration.bay))
            path = ("calibrations", place, "points")
            found = [*_check_ranges(calibration, bay), *_check_repeats(calibration)]
            for index, what in found or _check_fit(calibration):
                yield _finding(subject_of(camera), f"calibration of bay {calibration.bay}: {what}", path, index)


def _finding(subject: Subject, what: str, path: FieldPath, index: int | None) -> Finding:
    return Finding(subject, what, path if index is None else (*path, index))


def _check_ranges(calibration: Calibration, bay: Bay | None) -> Iterator[tuple[int | None, str]]:
    for index, pair in enumerate(calibration.points):
        if not all(0 <= value <= _SIDE_PX_MAX for value in pair.image_px):
            yield index, f"image_px {_point_text(pair.image_px)} lies outside any picture (0…{_SIDE_PX_MAX} px)"
        if bay is None:
            continue
        limits = (bay.width_mm, bay.height_mm)
        near = (-_AROUND_BAY_MM <= v <= most + _AROUND_BAY_MM for v, most in zip(pair.bay_mm, limits, strict=True))
        if not all(near):
            yield index, f"bay_mm {_point_text(pair.bay_mm)} lies far outside the bay ({_point_text(limits)} mm)"


def _check_repeats(calibration: Calibration) -> Iterator[tuple[int | None, str]]:
    for name in ("image_px", "bay_mm"):
        first: dict[tuple[float, float], int] = {}
        for index, pair in enumerate(calibration.points):
            point = pair.image_px if name == "image_px" else pair.bay_mm
            if point in first:
                yield index, f"points {first[point] + 1} and {index + 1} have the same {name} {_point_text(point)}"
            first.setdefault(point, index)


def _check_fit(calibration: Calibration) -> Iterator[tuple[int | None, str]]:
    image = straightened(calibration.lens, np.array([pair.image_px for pair in calibration.points], dtype=np.float64))
    plane = np.array([pair.bay_mm for pair in calibration.points], dtype=np.float64)
    try:
        homography = fit_homography(image, plane)
    except ValueError as exc:
        yield None, str(exc)
        return
    # Pictures count y downwards and bays upwards, so a true map mirrors, and it does so at every point.
    if (turning(homography, image) >= 0).any():
        yield None, "points are swapped or mirrored: no camera in front of the bay sees them in this order"
        return
    residuals_mm = np.linalg.norm(project(homography, image) - plane, axis=1)
    worst = int(residuals_mm.argmax())
    if residuals_mm[worst] > _RESIDUAL_MAX_MM:
        yield worst, f"point {worst + 1} is {residuals_mm[worst]:.0f} mm off from where the others put it"


def _point_text(point: tuple[float, float]) -> str:
    return f"{point[0]:g}, {point[1]:g}"


def check_geometry(catalogue: Catalogue) -> Iterator[Finding]:
    """Shelves and slots that cannot be where the plan says."""
    for bay in catalogue.bays.values():
        yield from _check_shelves(bay, catalogue.slots_by_bay.get((bay.store, bay.id), ()))
    for key, slots in catalogue.slots_by_bay.items():
        if key in catalogue.bays:
            yield from _check_widths(slots, catalogue.bays[key])
        yield from _check_overlaps(slots)
    for slot in catalogue.slots.values():
        product = catalogue.products.get((slot.store, slot.gtin))
        if product is not None:
            yield from _check_facings(slot, product)


def _check_shelves(bay: Bay, slots: tuple[Slot, ...]) -> Iterator[Finding]:
    subject = subject_of(bay)
    seen: set[str] = set()
    for place, shelf in enumerate(bay.shelves):
        if shelf.id in seen:
            yield Finding(subject, f"shelf {shelf.id} is there twice", ("shelves", place, "id"))
        seen.add(shelf.id)
        if shelf.y_mm >= bay.height_mm:
            what = f"shelf {shelf.id} at y_mm {shelf.y_mm:g} is higher than the bay ({bay.height_mm:g} mm)"
            yield Finding(subject, what, ("shelves", place, "y_mm"))
    by_height = sorted(enumerate(bay.shelves), key=lambda placed: placed[1].y_mm)
    spans = {shelf.id: _spans_mm(bay, shelf, slots) for shelf in bay.shelves}
    for nth, (place, lower) in enumerate(by_height):
        for upper_place, upper in by_height[nth + 1 :]:
            if lower.y_mm + lower.clearance_mm <= upper.y_mm + _SLACK_MM:
                break
            if not _meet(spans[lower.id], spans[upper.id]):
                continue
            if upper.y_mm == lower.y_mm:
                what = f"shelves {lower.id} and {upper.id} are at the same height ({upper.y_mm:g} mm)"
                yield Finding(subject, what, ("shelves", upper_place, "y_mm"))
                continue
            what = (
                f"shelf {lower.id} (y_mm {lower.y_mm:g} + clearance_mm {lower.clearance_mm:g}) "
                f"reaches into shelf {upper.id} at {upper.y_mm:g} mm"
            )
            yield Finding(subject, what, ("shelves", place, "clearance_mm"))


def _spans_mm(bay: Bay, shelf: Shelf, slots: tuple[Slot, ...]) -> tuple[tuple[float, float], ...]:
    """Where along the bay a shelf is in use; one without slots may be anywhere."""
    used = tuple((slot.x_min_mm, slot.x_max_mm) for slot in slots if slot.shelf == shelf.id)
    return used or ((0.0, bay.width_mm),)


def _meet(spans: tuple[tuple[float, float], ...], others: tuple[tuple[float, float], ...]) -> bool:
    """Whether any of these stretches lies over any of those: only then are two shelves in each other's way."""
    return any(
        min(right, other_right) - max(left, other_left) > _SLIVER * min(right - left, other_right - other_left)
        for left, right in spans
        for other_left, other_right in others
    )


def _check_widths(slots: tuple[Slot, ...], bay: Bay) -> Iterator[Finding]:
    for slot in slots:
        if slot.x_max_mm > bay.width_mm + _SLACK_MM:
            what = f"slot {slot.id} ends at {slot.x_max_mm:g} mm, outside bay {bay.id} ({bay.width_mm:g} mm wide)"
            yield Finding(subject_of(slot), what, ("x_max_mm",))


def _check_overlaps(slots: tuple[Slot, ...]) -> Iterator[Finding]:
    furthest: dict[str, Slot] = {}
    for slot in slots:
        left = furthest.get(slot.shelf)
        if left is not None and slot.x_min_mm < left.x_max_mm - _SLACK_MM:
            what = (
                f"slot {slot.id} ({slot.x_min_mm:g}…{slot.x_max_mm:g} mm) overlaps slot {left.id} "
                f"({left.x_min_mm:g}…{left.x_max_mm:g} mm) on shelf {slot.shelf} of bay {slot.bay}"
            )
            yield Finding(subject_of(slot), what, ("x_min_mm",))
        if left is None or slot.x_max_mm > left.x_max_mm:
            furthest[slot.shelf] = slot


def _check_facings(slot: Slot, product: Product) -> Iterator[Finding]:
    facings = slot.facings_wide * slot.facings_high
    if slot.presentation_min > facings:
        what = f"presentation_min {slot.presentation_min} is more than the {facings} facings of slot {slot.id}"
        yield Finding(subject_of(slot), what, ("presentation_min",))
    if product.width_mm is not None:
        needed_mm = product.width_mm * slot.facings_wide
        width_mm = slot.x_max_mm - slot.x_min_mm
        if needed_mm > width_mm * 1.1 + _SLACK_MM:
            what = (
                f"{slot.facings_wide} facings of {product.name} need {needed_mm:g} mm, "
                f"slot {slot.id} is {width_mm:g} mm wide"
            )
            yield Finding(subject_of(slot), what, ("facings_wide",), Severity.WARNING)
