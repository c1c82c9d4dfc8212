"""Rule: shelves fit into their bay, slots onto their shelf."""

from collections.abc import Iterator
from itertools import pairwise

from shelfstream.catalogue.finding import Finding, Severity, subject_of
from shelfstream.catalogue.model import Bay, Product, Slot
from shelfstream.catalogue.whole import Catalogue

_SLACK_MM = 0.5
"""Two slots may share an edge; plans are rounded to the millimetre."""


def check_geometry(catalogue: Catalogue) -> Iterator[Finding]:
    """Shelves and slots that cannot be where the plan says."""
    for bay in catalogue.bays.values():
        yield from _check_shelves(bay)
    for key, slots in catalogue.slots_by_bay.items():
        if key in catalogue.bays:
            yield from _check_widths(slots, catalogue.bays[key])
        yield from _check_overlaps(slots)
    for slot in catalogue.slots.values():
        product = catalogue.products.get((slot.store, slot.gtin))
        if product is not None:
            yield from _check_facings(slot, product)


def _check_shelves(bay: Bay) -> Iterator[Finding]:
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
    for (_, lower), (place, upper) in pairwise(by_height):
        if upper.y_mm == lower.y_mm:
            what = f"shelves {lower.id} and {upper.id} are at the same height ({upper.y_mm:g} mm)"
            yield Finding(subject, what, ("shelves", place, "y_mm"))
        elif lower.y_mm + lower.clearance_mm > upper.y_mm + _SLACK_MM:
            what = (
                f"shelf {lower.id} (y_mm {lower.y_mm:g} + clearance_mm {lower.clearance_mm:g}) "
                f"reaches into shelf {upper.id} at {upper.y_mm:g} mm"
            )
            yield Finding(subject, what, ("shelves", bay.shelves.index(lower), "clearance_mm"))


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
