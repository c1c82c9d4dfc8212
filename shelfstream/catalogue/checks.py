"""All rules that a whole catalogue must keep, beyond what each entity checks by itself."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set

from shelfstream.catalogue.camera_urls import url_faults
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.checks_geometry import check_calibrations, check_geometry
from shelfstream.catalogue.finding import ANY, FieldPath, Finding, Severity, Subject, subject_of
from shelfstream.catalogue.model import Camera, Kind, OpeningHours, Route, Slot, Store, Weekday


def check_references(catalogue: Catalogue, broken: Set[Subject] = frozenset()) -> Iterator[Finding]:
    """References that lead nowhere, and things nobody refers to.

    ``broken`` are entities that were written but could not be read, ``ANY`` of a kind where a whole file could not:
    references to them are not faults of their own.
    """
    for slot in catalogue.slots.values():
        yield from _check_slot(slot, catalogue, broken)
    for camera in catalogue.cameras.values():
        yield from _check_camera(camera, catalogue, broken)
    yield from _unused(catalogue, broken)


def _check_slot(slot: Slot, catalogue: Catalogue, broken: Set[Subject]) -> Iterator[Finding]:
    subject = subject_of(slot)
    bay = catalogue.bays.get((slot.store, slot.bay))
    if bay is not None:
        if all(shelf.id != slot.shelf for shelf in bay.shelves):
            known = ", ".join(shelf.id for shelf in bay.shelves)
            yield Finding(subject, f"bay {slot.bay} has no shelf {slot.shelf!r}; it has {known}", ("shelf",))
    elif not _is_broken(Subject(Kind.BAY, slot.store, slot.bay), broken):
        yield Finding(subject, f"there is no bay {slot.bay!r} in this store", ("bay",))
    product = Subject(Kind.PRODUCT, slot.store, slot.gtin)
    if (slot.store, slot.gtin) not in catalogue.products and not _is_broken(product, broken):
        yield Finding(subject, f"there is no product with GTIN {slot.gtin} in this store", ("gtin",))


def _check_camera(camera: Camera, catalogue: Catalogue, broken: Set[Subject]) -> Iterator[Finding]:
    subject = subject_of(camera)
    seen: Counter[str] = Counter()
    for place, calibration in enumerate(camera.calibrations):
        path = ("calibrations", place, "bay")
        bay = Subject(Kind.BAY, camera.store, calibration.bay)
        if (camera.store, calibration.bay) not in catalogue.bays and not _is_broken(bay, broken):
            yield Finding(subject, f"there is no bay {calibration.bay!r} in this store", path)
        seen[calibration.bay] += 1
        if seen[calibration.bay] > 1:
            yield Finding(subject, f"bay {calibration.bay} is calibrated twice for this camera", path)


def _is_broken(subject: Subject, broken: Set[Subject]) -> bool:
    return subject in broken or Subject(subject.kind, subject.store, ANY) in broken


def _unused(catalogue: Catalogue, broken: Set[Subject]) -> Iterator[Finding]:
    if any(subject.kind in (Kind.SLOT, Kind.CAMERA) for subject in broken):
        return
    placed = {(slot.store, slot.gtin) for slot in catalogue.slots.values()}
    for key, product in catalogue.products.items():
        if key not in placed:
            what = f"product {product.name} stands in no slot"
            yield Finding(subject_of(product), what, severity=Severity.WARNING)
    watched = {(camera.store, seen.bay) for camera in catalogue.cameras.values() for seen in camera.calibrations}
    for key, bay in catalogue.bays.items():
        if key not in watched:
            what = f"no camera is calibrated for bay {bay.id}; its slots will stay unknown"
            yield Finding(subject_of(bay), what, severity=Severity.WARNING)


def check_catalogue(catalogue: Catalogue, broken: Set[Subject] = frozenset()) -> Iterator[Finding]:
    """Everything that is wrong. ``broken`` are entities that exist but could not be read."""
    yield from check_references(catalogue, broken)
    yield from check_geometry(catalogue)
    yield from check_calibrations(catalogue)
    yield from _check_hours(catalogue)
    yield from _check_urls(catalogue)


def _check_hours(catalogue: Catalogue) -> Iterator[Finding]:
    for store in catalogue.stores.values():
        yield from _check_overlaps(store, ("hours",), "opening hours", store.hours)
        yield from _check_overlaps(store, ("quiet",), "quiet hours", store.quiet)
        for place, route in enumerate(store.routes):
            yield from _check_overlaps(store, ("routes", place, "hours"), "hours of a route", route.hours)
            yield from _check_route(catalogue, store, place, route)


def _check_route(catalogue: Catalogue, store: Store, place: int, route: Route) -> Iterator[Finding]:
    """A route that no alert can fit tells nobody, which is seldom what was meant."""
    aisles = {bay.aisle for bay in catalogue.bays.values() if bay.store == store.id}
    categories = {product.category for product in catalogue.products.values() if product.store == store.id}
    for each in sorted(set(route.aisles) - aisles):
        what = f"routes: no bay has the aisle {each!r}"
        yield Finding(subject_of(store), what, ("routes", place, "aisles"), Severity.WARNING)
    for each in sorted(set(route.categories) - categories):
        what = f"routes: no product has the category {each!r}"
        yield Finding(subject_of(store), what, ("routes", place, "categories"), Severity.WARNING)


def _check_overlaps(
    store: Store, field: FieldPath, name: str, hours: Mapping[Weekday, Sequence[OpeningHours]]
) -> Iterator[Finding]:
    for weekday, stretches in hours.items():
        latest = ""
        for stretch in sorted(stretches, key=lambda stretch: stretch.opens):
            if stretch.opens < latest:
                what = f"{name} on {weekday} overlap: {stretch.opens}-{stretch.closes} begins before {latest}"
                yield Finding(subject_of(store), what, (*field, weekday))
            latest = max(latest, stretch.closes)


def _check_urls(catalogue: Catalogue) -> Iterator[Finding]:
    for camera in catalogue.cameras.values():
        for what in url_faults(camera.url):
            yield Finding(subject_of(camera), what, ("url",))
