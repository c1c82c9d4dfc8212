"""Hypothesis strategies for catalogues that keep all rules."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import bent, project
from shelfstream.catalogue.model import (
    WEEKDAYS,
    AlertBudget,
    Bay,
    Calibration,
    Camera,
    CatalogueEntity,
    Lens,
    OpeningHours,
    PointPair,
    Product,
    Reset,
    Route,
    Shelf,
    Slot,
    Store,
)
from shelfstream.identifiers import gtin_check_digit

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Asuncion", "UTC"]

slugs = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,12}", fullmatch=True)
labels = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20).map(str.strip)
names = labels.filter(bool)
gtins = st.integers(0, 10**13 - 1).map(lambda body: f"{body:013}{gtin_check_digit(f'{body:013}')}")
sizes_mm = st.one_of(st.none(), st.floats(1, 2000))


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def stretches(draw: st.DrawFn) -> tuple[OpeningHours, ...]:
    """Zero to three stretches of one day that do not overlap."""
    marks = sorted(draw(st.sets(st.integers(0, 24 * 60), max_size=6)))
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return tuple(OpeningHours(opens=_hhmm(opens), closes=_hhmm(closes)) for opens, closes in pairs)


@st.composite
def stores(draw: st.DrawFn, identifiers: st.SearchStrategy[str] = slugs) -> Store:
    """A store with any hours and routes."""
    weeks = st.dictionaries(st.sampled_from(WEEKDAYS), stretches())
    zone = draw(st.sampled_from(ZONES))
    tags = st.lists(slugs, min_size=1, max_size=2).map(tuple)
    kinds = st.lists(names, max_size=2).map(tuple)
    routes = st.builds(
        Route,
        tells=tags,
        hours=weeks,
        aisles=kinds,
        categories=kinds,
        states=st.sampled_from([(), ("OUT",), ("LOW", "MISPLACED")]),
        at_risk_per_h=st.sampled_from([0.0, 2.5, 10.0]),
    )
    return Store(
        id=draw(identifiers),
        name=draw(names),
        time_zone=zone,
        hours=draw(weeks),
        quiet=draw(weeks),
        budget=draw(st.none() | st.builds(AlertBudget, wrong_most=st.integers(0, 100))),
        routes=tuple(draw(st.lists(routes, max_size=2))),
        deputy=draw(tags),
        escalates_to=draw(st.just(()) | tags),
    )


@st.composite
def products(draw: st.DrawFn, store: str, pictures: st.SearchStrategy[list[str]]) -> Product:
    """A product."""
    return Product(
        store=store,
        gtin=draw(gtins),
        name=draw(names),
        brand=draw(labels),
        category=draw(labels),
        price=draw(st.one_of(st.none(), st.decimals(0, 10_000, places=2))),
        pack_size=draw(labels),
        width_mm=draw(sizes_mm),
        height_mm=draw(sizes_mm),
        depth_mm=draw(sizes_mm),
        sales_per_day=draw(st.one_of(st.none(), st.floats(0, 1e6))),
        pictures=tuple(draw(pictures)),
        **draw(st.just({}) | promotions),
    )


promotions = st.tuples(st.dates(), st.dates(), st.floats(1, 100)).map(
    lambda drawn: {
        "promoted_from": min(drawn[:2]),
        "promoted_until": max(drawn[:2]),
        "promotion_sells_times": drawn[2],
    }
)


@st.composite
def resets(draw: st.DrawFn) -> Reset:
    """A time in which a bay is rebuilt."""
    begins = draw(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    return Reset(begins=begins, ends=begins + timedelta(seconds=draw(st.integers(1, 10**6))))


@st.composite
def bays(draw: st.DrawFn, store: str) -> Bay:
    """A bay whose shelves fit."""
    heights = sorted(draw(st.sets(st.integers(0, 190), min_size=1, max_size=5)))
    tops = [*heights[1:], 220]
    shelves = tuple(
        Shelf(
            id=f"s{place}",
            y_mm=low * 10,
            clearance_mm=(top - low) * 10 * draw(st.floats(0.1, 1)),
            depth_mm=draw(st.floats(100, 900)),
            kind=draw(st.sampled_from(["board", "peg"])),
        )
        for place, (low, top) in enumerate(zip(heights, tops, strict=True))
    )
    return Bay(
        store=store,
        id=draw(slugs),
        name=draw(labels),
        aisle=draw(labels),
        width_mm=draw(st.floats(300, 3000)),
        height_mm=2200,
        walking_order=draw(st.integers(0, 99)),
        reset=draw(st.none() | resets()),
        shelves=shelves,
    )


@st.composite
def slots_of(draw: st.DrawFn, bay: Bay, gtins_there: list[str]) -> list[Slot]:
    """Slots side by side on a bay's shelves."""
    found = []
    for shelf in bay.shelves:
        cuts = sorted(draw(st.sets(st.floats(0, bay.width_mm), max_size=4)))
        for place, (left, right) in enumerate(zip(cuts[::2], cuts[1::2], strict=False)):
            wide = draw(st.integers(1, 9))
            found.append(
                Slot(
                    store=bay.store,
                    id=f"{bay.id}-{shelf.id}-{place}"[:64],
                    bay=bay.id,
                    shelf=shelf.id,
                    gtin=draw(st.sampled_from(gtins_there)),
                    x_min_mm=left,
                    x_max_mm=right,
                    facings_wide=wide,
                    facings_high=draw(st.integers(1, 4)),
                    presentation_min=draw(st.integers(0, wide)),
                )
            )
    return found


@st.composite
def calibrations(draw: st.DrawFn, bay: Bay) -> Calibration:
    """How a camera in front of a bay, somewhat askew, sees its corners and middle."""
    width, height = bay.width_mm, bay.height_mm
    plane = np.array([[0, 0], [width, 0], [width, height], [0, height], [width / 2, height / 3]])
    tilt = [draw(st.floats(-1e-5, 1e-5)), draw(st.floats(-1e-5, 1e-5))]
    bay_to_picture = np.array([[0.3, 0.01, 60], [0.02, -0.3, 900], [*tilt, 1]])
    lens = draw(
        st.one_of(
            st.none(), st.builds(Lens, width_px=st.just(1280), height_px=st.just(960), bend=st.floats(-0.05, 0.05))
        )
    )
    pairs = zip(bent(lens, project(bay_to_picture, plane)).tolist(), plane.tolist(), strict=True)
    points = tuple(PointPair(image_px=tuple(image), bay_mm=tuple(spot)) for image, spot in pairs)
    return Calibration(bay=bay.id, points=points, lens=lens)


@st.composite
def store_entities(draw: st.DrawFn, store: Store, pictures: st.SearchStrategy[list[str]]) -> list[CatalogueEntity]:
    """Everything in one store, all references good."""
    goods = draw(st.lists(products(store.id, pictures), min_size=1, max_size=4, unique_by=lambda each: each.gtin))
    fixtures = draw(st.lists(bays(store.id), max_size=2, unique_by=lambda each: each.id))
    entities: list[CatalogueEntity] = [store, *goods, *fixtures]
    for bay in fixtures:
        entities += draw(slots_of(bay, [each.gtin for each in goods]))
        camera = Camera(
            store=store.id,
            id=f"cam-{bay.id}"[:64],
            name=draw(labels),
            url="rtsp://${USER_1}:${PASSWORD}@10.0.0.5/a?b=c",
            interval_s=draw(st.floats(0.1, 3600)),
            stale_after_s=draw(st.floats(1, 1e5)),
            calibrations=(draw(calibrations(bay)),),
        )
        entities.append(camera)
    return entities


@st.composite
def catalogues(draw: st.DrawFn, pictures: st.SearchStrategy[list[str]] | None = None) -> Catalogue:
    """One or two stores with everything in them."""
    named = st.just([]) if pictures is None else pictures
    found = draw(st.lists(stores(), min_size=1, max_size=2, unique_by=lambda each: each.id))
    return Catalogue.of(entity for store in found for entity in draw(store_entities(store, named)))
