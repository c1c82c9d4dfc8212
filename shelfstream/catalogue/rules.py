"""All rules that a whole catalogue must keep, beyond what each entity checks by itself."""

from collections.abc import Iterator, Set

from shelfstream.catalogue.finding import Finding, Subject, subject_of
from shelfstream.catalogue.rules_calibration import check_calibrations
from shelfstream.catalogue.rules_geometry import check_geometry
from shelfstream.catalogue.rules_references import check_references
from shelfstream.catalogue.urls import url_faults
from shelfstream.catalogue.whole import Catalogue


def check_catalogue(catalogue: Catalogue, broken: Set[Subject] = frozenset()) -> Iterator[Finding]:
    """Everything that is wrong. ``broken`` are entities that exist but could not be read."""
    yield from check_references(catalogue, broken)
    yield from check_geometry(catalogue)
    yield from check_calibrations(catalogue)
    yield from _check_hours(catalogue)
    yield from _check_urls(catalogue)


def _check_hours(catalogue: Catalogue) -> Iterator[Finding]:
    for store in catalogue.stores.values():
        for weekday, stretches in store.hours.items():
            latest = ""
            for stretch in sorted(stretches, key=lambda stretch: stretch.opens):
                if stretch.opens < latest:
                    what = (
                        f"opening hours on {weekday} overlap: {stretch.opens}-{stretch.closes} begins before {latest}"
                    )
                    yield Finding(subject_of(store), what, ("hours", weekday))
                latest = max(latest, stretch.closes)


def _check_urls(catalogue: Catalogue) -> Iterator[Finding]:
    for camera in catalogue.cameras.values():
        for what in url_faults(camera.url):
            yield Finding(subject_of(camera), what, ("url",))
