"""Pages learn of a change at once, and what did not change costs nothing."""

import threading
import time
from collections.abc import Callable, Iterator

import fakeredis
import pytest

from analytics.contract import SlotState
from analytics.live.news import LiveNews
from analytics.live.reader import LiveReader
from analytics.live.writer import RedisProjection
from analytics.store_state.state import ShownStore, StoreState
from console.console_data import LOOK_EVERY_S
from console.html.markup import Rendered
from console.read_models import Cached
from console.views.build import worst_cameras
from shelfstream.background import Background
from shelfstream.catalogue.catalogue import Catalogue, CatalogueSnapshot
from shelfstream.catalogue.model import Calibration
from shelfstream.clock import ManualClock, SystemClock
from tests.unit.console.console_fakes import GTIN_BUTTER, GTIN_MILK, STORE, World, level

NOW = SystemClock().now()


def _until(done: Callable[[], object]) -> None:
    ends_s = time.monotonic() + 10
    while not done():
        assert time.monotonic() < ends_s, "nothing more happens"
        time.sleep(0.01)


@pytest.fixture
def server() -> fakeredis.FakeServer:
    return fakeredis.FakeServer()


@pytest.fixture
def heard(server: fakeredis.FakeServer) -> Iterator[list[str]]:
    """The stores of which news came, while somebody listens."""
    found: list[str] = []
    news = LiveNews(fakeredis.FakeRedis(server=server), found.append)
    with Background("news", news.run, threading.Event()):
        _until(lambda: news.listening)
        yield found
    assert not news.listening


def _shown(state: SlotState, revision: int = 1) -> ShownStore:
    milk = level("milk", GTIN_MILK, state, NOW).model_copy(update={"revision": revision})
    butter = level("butter", GTIN_BUTTER, SlotState.LOW, NOW)
    return ShownStore(STORE, 1, StoreState({"milk": milk, "butter": butter}), frozenset({"milk"}))


def test_each_write_of_a_store_is_told(server: fakeredis.FakeServer, heard: list[str]) -> None:
    """A write is news of its store; asking whether Redis still holds it is none."""
    projection = RedisProjection(fakeredis.FakeRedis(server=server), ManualClock(NOW))
    projection.project([_shown(SlotState.OUT)])
    _until(lambda: heard == [STORE])
    projection.project([_shown(SlotState.STOCKED, 2)])
    _until(lambda: heard == [STORE, STORE])
    unchanged = ShownStore(STORE, 1, _shown(SlotState.STOCKED, 2).state)
    projection.project([unchanged])
    projection.project([_shown(SlotState.OUT, 3)])
    _until(lambda: len(heard) == 3)


def test_what_did_not_change_is_the_very_same_object(server: fakeredis.FakeServer) -> None:
    """Of two slots one changed: the other is not parsed again."""
    client = fakeredis.FakeRedis(server=server)
    projection, reader = RedisProjection(client, ManualClock(NOW)), LiveReader(client)
    projection.project([_shown(SlotState.OUT)])
    before = reader.slots(STORE)
    projection.project([_shown(SlotState.STOCKED, 2)])
    after = reader.slots(STORE)
    assert after["butter"] is before["butter"]
    assert (before["milk"].state, after["milk"].state) == (SlotState.OUT, SlotState.STOCKED)
    client.hdel(f"shelf:{{{STORE}}}:slots", "butter")
    assert list(reader.slots(STORE)) == ["milk"]


class _Listening:
    listening = True


def test_with_news_a_change_is_seen_at_once_and_nobody_asks_in_between() -> None:
    """Listening, live data are read five times more seldom; what is told is read at the next look."""
    clock = ManualClock(NOW)
    world = World(clock)
    data = world.console_data
    data.heard_by(_Listening())
    first = data.store_now(STORE)
    reads = world.live.reads
    clock.advance(0.9)
    assert data.store_kept(STORE) is first
    assert data.store_now(STORE) is first
    assert world.live.reads == reads
    world.live.levels["butter"] = level("butter", GTIN_BUTTER, SlotState.OUT, NOW)
    data.changed(STORE)
    assert data.store_kept(STORE) is None
    now = data.store_now(STORE)
    assert now.figures.out == 2
    clock.advance(LOOK_EVERY_S)
    assert data.store_kept(STORE) is now
    clock.advance(2.0)
    assert data.store_kept(STORE) is None


def test_news_that_come_while_something_is_read_are_not_lost() -> None:
    """What changed after it was read is read again, soon, though nothing more is told."""
    clock, made = ManualClock(NOW), [0]

    def make(key: str) -> int:
        made[0] += 1
        if made[0] == 1:
            cached.hurry(key, 0.5)
        return made[0]

    cached = Cached[str, int](make, 100.0, clock)
    assert cached.get("a") == 1
    clock.advance(0.4)
    assert cached.peek("a") == 1
    clock.advance(0.2)
    assert cached.peek("a") is None
    assert cached.get("a") == 2


def test_bays_and_cameras_that_did_not_change_stay_the_same_objects() -> None:
    """So that their markup serves on."""
    clock = ManualClock(NOW)
    world = World(clock)
    before = world.console_data.store_now(STORE)
    world.live.levels["butter"] = level("butter", GTIN_BUTTER, SlotState.OUT, NOW)
    clock.advance(10.0)
    after = world.console_data.store_now(STORE)
    assert after is not before
    same = [now is then for now, then in zip(after.bays, before.bays, strict=True)]
    assert sorted(same) == [False, True]
    assert after.cameras[0] is before.cameras[0]


def test_markup_is_made_once_for_all_and_anew_for_other_parts() -> None:
    """Parts are told apart by identity; another key is another thing."""
    rendered, made = Rendered(), [0]

    def make() -> int:
        made[0] += 1
        return made[0]

    part, equal = [1], [1]
    assert [rendered.get("a", (part,), make) for _ in range(3)] == [1, 1, 1]
    assert rendered.get("a", (equal,), make) == 2
    assert rendered.get("b", (equal,), make) == 3
    assert rendered.get("a", (equal, part), make) == 4


def test_the_worst_bays_come_first() -> None:
    """By money at risk, then by how much is out; of what is the same as one walks."""
    clock = ManualClock(NOW)
    world = World(clock)
    whole = world.catalogue.snapshot.catalogue
    camera = whole.cameras[STORE, "cam-1"]
    points = camera.calibrations[0].points
    end = camera.model_copy(update={"id": "cam-2", "calibrations": (Calibration(bay="end", points=points),)})
    world.catalogue.snapshot = CatalogueSnapshot(2, Catalogue.of([*whole.entities(), end]))
    assert worst_cameras(world.console_data.store_now(STORE)) == ("cam-1", "cam-2")
    world.live.levels = {"offer": level("offer", GTIN_BUTTER, SlotState.OUT, NOW, bay="end")}
    clock.advance(10.0)
    assert worst_cameras(world.console_data.store_now(STORE)) == ("cam-2", "cam-1")
