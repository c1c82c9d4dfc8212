"""Publishing brings pictures, SQL and the bus to what the folder says, and may be repeated after any crash."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.catalogue.model import Kind
from shelfstream.catalogue.publish import Published, PublishTargets, activate, publish, withdraw
from shelfstream.catalogue.records import read_subject
from shelfstream.catalogue.view import CatalogueView
from shelfstream.errors import Faults, Unavailable
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of
from tests.unit.catalogue.catalogue_fakes import FakeLog, FakePictures
from tests.unit.catalogue.catalogue_samples import CAMERAS, PRODUCTS, SLOTS, STORE, write_sample

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEWER_SLOTS = SLOTS.replace("a2,dairy-1,s1,4012345678901,210,480,3,2,3\n", "")


class Shop:
    """A folder, and everything that publishing reaches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = FakeLog()
        self.pictures = FakePictures()
        self.engine = engine_of(f"sqlite:///{folder}/shop.db")
        upgrade(self.engine)
        self.targets = PublishTargets(self.pictures, self.engine, self.log, self.log, self.log)

    def publish(self, now: datetime, valid_from: datetime | None = None, **edits: str) -> Published:
        """Write the sample with these edits and publish it."""
        catalogue = read_folder(write_sample(self.folder / "store", **edits))

        def picture_of(store: str, name: str) -> bytes:
            return picture_path(self.folder / "store", name).read_bytes()

        return publish(catalogue, picture_of, self.targets, now=now, valid_from=valid_from)

    def seen(self) -> Catalogue:
        """What a stage that starts now sees."""
        view = CatalogueView(range(3), lambda record, error: None)
        view.refresh(self.log)
        return view.snapshot.catalogue


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """An empty shop."""
    made = Shop(tmp_path)
    yield made
    made.engine.dispose()


def test_publishing_puts_everything_where_stages_find_it(shop: Shop) -> None:
    """Entities are on the bus with their pictures' ids, and the pictures lie under these ids."""
    done = shop.publish(NOW)
    assert (done.pictures, done.versions.begun, done.bus.sent, done.bus.gone) == (2, 7, 7, 0)
    seen = shop.seen()
    assert len(seen.entities()) == 7
    ids = {picture for product in seen.products.values() for picture in product.pictures}
    assert ids == set(shop.pictures.held)
    assert {each.rsplit(".", 1)[1] for each in ids} == {"jpg", "png"}


def test_publishing_again_changes_nothing(shop: Shop) -> None:
    """The same folder twice: no picture, no version, no record."""
    shop.publish(NOW)
    ends = dict(shop.log.ends)
    done = shop.publish(NOW + HOUR)
    assert (done.pictures, done.versions.begun, done.versions.ended, done.bus.sent, done.bus.gone) == (0, 0, 0, 0, 0)
    assert shop.log.ends == ends


def test_what_is_gone_from_the_folder_is_deleted(shop: Shop) -> None:
    """Only the difference is sent: tombstones for what is gone, a record for what changed."""
    shop.publish(NOW)
    done = shop.publish(NOW + HOUR, slots_csv=FEWER_SLOTS, store_yaml=STORE.replace("Main Street", "Side Street"))
    assert (done.bus.sent, done.bus.gone) == (1, 1)
    assert [slot.id for slot in shop.seen().slots.values()] == ["a1"]
    assert shop.seen().stores["main-street"].name == "Side Street"


def test_other_stores_are_left_alone(shop: Shop) -> None:
    """Publishing or withdrawing one store touches no other."""
    shop.publish(NOW)
    shop.publish(NOW + HOUR, store_yaml=STORE.replace("main-street", "side-street"))
    assert set(shop.seen().stores) == {"main-street", "side-street"}
    done = withdraw("main-street", shop.targets, now=NOW + 2 * HOUR)
    assert (done.versions.ended, done.bus.gone) == (7, 7)
    assert set(shop.seen().stores) == {"side-street"}


def test_referred_things_come_first_and_go_last(shop: Shop) -> None:
    """A stage that reads in the middle of a publication finds no slot before its bay, nor after it."""
    shop.publish(NOW)
    withdraw("main-street", shop.targets, now=NOW + HOUR)
    (records,) = [found for found in shop.log.records.values() if found]
    kinds = [read_subject(record.key).kind for record in records]
    assert kinds[:7] == [Kind.STORE, Kind.PRODUCT, Kind.PRODUCT, Kind.BAY, Kind.SLOT, Kind.SLOT, Kind.CAMERA]
    assert kinds[7:] == [Kind.CAMERA, Kind.SLOT, Kind.SLOT, Kind.BAY, Kind.PRODUCT, Kind.PRODUCT, Kind.STORE]


@pytest.mark.parametrize("sent", range(8))
def test_a_crash_anywhere_on_the_way_is_mended_by_publishing_again(shop: Shop, sent: int) -> None:
    """However many records went out before the bus went away, the next publication completes the rest."""
    shop.log.away_after = sent
    if sent < 7:
        with pytest.raises(Unavailable):
            shop.publish(NOW)
    shop.log.away_after = None
    done = shop.publish(NOW + HOUR)
    assert done.bus.sent == 7 - (sent if sent < 7 else 0)
    assert len(shop.seen().entities()) == 7


def test_junk_on_the_topic_is_written_over(shop: Shop) -> None:
    """A corrupt record under an entity's key is replaced; keys that are nobody's are left alone."""
    shop.publish(NOW)
    shop.log.put(b"main-street/slot/a1", b"junk")
    shop.log.put(b"main-street/castle", b"junk")
    done = shop.publish(NOW + HOUR)
    assert (done.bus.sent, done.bus.gone) == (1, 0)


def test_a_plan_for_later_waits_and_is_activated(shop: Shop) -> None:
    """Until its date the bus keeps today's plan; then activation sends the difference, once."""
    shop.publish(NOW)
    done = shop.publish(NOW, NOW + 2 * HOUR, slots_csv=FEWER_SLOTS)
    assert (done.versions.ended, done.bus.sent, done.bus.gone) == (1, 0, 0)
    assert activate(shop.targets, now=NOW + HOUR).gone == 0
    assert len(shop.seen().slots) == 2
    assert activate(shop.targets, now=NOW + 2 * HOUR).gone == 1
    assert activate(shop.targets, now=NOW + 2 * HOUR).gone == 0
    assert len(shop.seen().slots) == 1


def test_a_change_today_keeps_the_plan_for_later(shop: Shop) -> None:
    """A camera's new address, published before a planned reset, survives the reset, and so does the reset."""
    shop.publish(NOW)
    shop.publish(NOW, NOW + 3 * HOUR, slots_csv=FEWER_SLOTS)
    shop.publish(NOW + HOUR, cameras_yaml=CAMERAS.replace("10.0.0.5", "10.0.0.6"))
    activate(shop.targets, now=NOW + 4 * HOUR)
    seen = shop.seen()
    assert len(seen.slots) == 1
    assert "10.0.0.6" in seen.cameras["main-street", "dairy-left"].url


def test_a_change_that_breaks_a_plan_is_refused_whole(shop: Shop) -> None:
    """What today's folder drops may be needed by what is planned: told as a fault, and nothing has changed."""
    shop.publish(NOW, slots_csv=FEWER_SLOTS)
    shop.publish(NOW, NOW + 2 * HOUR)
    less = PRODUCTS.replace("4012345678901,Butter,2.19,butter.png\n", "")
    with pytest.raises(Faults, match="there is no product"):
        shop.publish(NOW + HOUR, slots_csv=FEWER_SLOTS, products_csv=less)
    assert shop.publish(NOW + HOUR, slots_csv=FEWER_SLOTS).versions.begun == 0


def test_the_past_is_not_rewritten(shop: Shop) -> None:
    """A date of validity that has passed is a fault."""
    with pytest.raises(Faults, match="in the past"):
        shop.publish(NOW, NOW - HOUR)


def test_a_missing_topic_is_told(shop: Shop) -> None:
    """Without the topic the message says how to create it."""
    shop.log.partition_counts = lambda topics: {}  # type: ignore[method-assign]
    with pytest.raises(Faults, match="shelfstream topics create"):
        shop.publish(NOW)
