"""Galleries that follow the catalogue."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from detector.gallery.gallery import Look
from detector.gallery.look_cache import LookCache
from detector.gallery.prints import compare
from detector.gallery.store import GalleryStore
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.topics import CATALOGUE
from shelfstream.catalogue.model import CatalogueEntity, Product, Store
from shelfstream.catalogue.records import entity_message
from shelfstream.catalogue.view import CatalogueView
from shelfstream.clock import ManualClock
from shelfstream.errors import Unavailable
from simulator.scenes.scenes import random_scene
from tests.unit.detector.detector_rig import jpeg_of, seeing_bright_things, shelf

START = datetime(2026, 11, 1, tzinfo=UTC)
RED = jpeg_of(shelf((30, 30, 250))[120:220, 40:100])
STORE = Store(id="mill-road", name="Mill Road", time_zone="Europe/Berlin", hours={})


class Log:
    """A catalogue topic of one partition."""

    def __init__(self, *entities: CatalogueEntity) -> None:
        self.records: list[Record] = []
        self.away = False
        self.add(STORE, *entities)

    def add(self, *entities: CatalogueEntity) -> None:
        for entity in entities:
            message = entity_message(entity)
            place = Partition(CATALOGUE, 0)
            self.records.append(
                Record(place, len(self.records), message.key.encode(), message.value, message.headers, START)
            )

    def read(self, partition: Partition, start: int, stop: int) -> Iterable[Record]:
        return self.records[start:stop]

    def bounds(self, partition: Partition) -> tuple[int, int]:
        if self.away:
            raise Unavailable("the bus is away")
        return 0, len(self.records)

    def close(self) -> None:
        """Nothing to close."""


class Album:
    """A picture store that can be away."""

    def __init__(self, **pictures: bytes) -> None:
        self.pictures = {f"{name}.jpg": data for name, data in pictures.items()}
        self.asked = 0
        self.away = False

    def get(self, picture_id: str, /) -> bytes | None:
        self.asked += 1
        if self.away:
            raise Unavailable("the picture store is away")
        return self.pictures.get(picture_id)


def _product(number: int, *pictures: str) -> Product:
    gtins = ("04006381333931", "04012345678901", "00000096385074")
    return Product(store="mill-road", gtin=gtins[number], name=f"p{number}", pictures=pictures)


def _galleries(
    log: Log, album: Album, cache: LookCache | None = None, clock: ManualClock | None = None
) -> GalleryStore:
    detector, _ = seeing_bright_things()
    moving = clock or ManualClock(START)

    def look_of(
        image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    ) -> Look:
        moving.advance(1.0)
        return detector.look_of(image)

    return GalleryStore(
        CatalogueView([0], lambda *_: None),
        log,
        album,
        cache or LookCache("bright@1", None),
        open_picture=detector.open_photograph,
        look_of=look_of,
        clock=moving,
        budget_s=1.5,
    )


def test_a_new_product_is_known_after_the_next_refresh() -> None:
    """A product published while the detector runs joins the gallery without a restart."""
    log, album = Log(_product(0, "red.jpg")), Album(red=RED, other=RED)
    galleries = _galleries(log, album)
    galleries.refresh()
    before = galleries.of("mill-road")
    log.add(_product(1, "other.jpg"))
    galleries.refresh()
    assert before.gtins == ("04006381333931",)
    assert len(galleries.of("mill-road").gtins) == 2
    assert galleries.of("mill-road").name != before.name


def test_a_store_without_products_has_an_empty_gallery() -> None:
    """Nobody is recognised where nothing is known."""
    galleries = _galleries(Log(), Album())
    galleries.refresh()
    assert galleries.of("mill-road").gtins == ()


def test_a_store_of_pictures_that_is_away_is_asked_again() -> None:
    """Detection goes on with what is known; the rest comes when the picture store is back."""
    log, album = Log(_product(0, "red.jpg")), Album(red=RED)
    album.away = True
    galleries = _galleries(log, album)
    galleries.refresh()
    assert galleries.of("mill-road").gtins == ()
    album.away = False
    galleries.refresh()
    assert galleries.of("mill-road").gtins == ("04006381333931",)


def test_a_bus_that_is_away_stops_nothing() -> None:
    """The galleries stay as they were."""
    log = Log(_product(0, "red.jpg"))
    galleries = _galleries(log, Album(red=RED))
    galleries.refresh()
    log.away = True
    galleries.refresh()
    assert galleries.of("mill-road").gtins == ("04006381333931",)


def test_a_spoilt_reference_picture_leaves_the_others() -> None:
    """A picture that cannot be read is left out, and not tried again and again."""
    log = Log(_product(0, "bad.jpg"), _product(1, "red.jpg"))
    album = Album(bad=b"no picture", red=RED)
    galleries = _galleries(log, album)
    galleries.refresh()
    assert galleries.of("mill-road").gtins == ("04012345678901",)
    asked = album.asked
    galleries.refresh()
    assert album.asked == asked


def test_looking_is_done_in_portions() -> None:
    """A long list of new products holds frames up for the budget, not until all are known."""
    log = Log(*(_product(number, f"{name}.jpg") for number, name in enumerate("abc")))
    galleries = _galleries(log, Album(a=RED, b=RED, c=RED))
    galleries.refresh()
    first = len(galleries.of("mill-road").gtins)
    galleries.refresh()
    assert (first, len(galleries.of("mill-road").gtins)) == (2, 3)


def test_pictures_are_looked_at_once_per_model(tmp_path: Path) -> None:
    """A restart reads looks back, prints included; another model, or a spoilt file, looks anew."""
    detector, _ = seeing_bright_things()
    look = detector.look_of(random_scene(5, (320, 200)).image_bgr)
    LookCache("m1", tmp_path).put("red.jpg", look)
    again = LookCache("m1", tmp_path).get("red.jpg")
    assert again is not None
    assert np.array_equal(again.vector, look.vector)
    assert len(look.print.points_xy) > 20
    assert compare(again.print, again.print) == compare(look.print, look.print)
    assert LookCache("m2", tmp_path).get("red.jpg") is None
    for path in tmp_path.iterdir():
        whole = path.read_bytes()
        for spoilt in (b"", b"short", whole[:-40], whole[:200] + b"x" * 40 + whole[240:]):
            path.write_bytes(spoilt)
            assert LookCache("m1", tmp_path).get("red.jpg") is None
