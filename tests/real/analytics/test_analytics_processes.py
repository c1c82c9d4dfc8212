"""Two analytics processes on real Kafka and Redis, killed and frozen, end like one that was left alone."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest
import redis

from analytics.contract import SlotLevel, StockEvent
from analytics.live.reader import LiveReader
from detector.contract import FrameFacings
from devstack.kafka.broker import Kafka
from shelfstream.bus.api import Bus, Partition, Record
from shelfstream.bus.ownership import Fence, is_claim
from shelfstream.bus.topics import EVENTS, LEVELS, topic_table
from shelfstream.catalogue.model import CatalogueEntity, Store
from shelfstream.clock import ManualClock
from tests.unit.analytics.analytics_child import SIZES, kafka_bus
from tests.unit.analytics.analytics_rig import Rig, distinct, make_bus, publish, send
from tests.unit.analytics.analytics_rig import events as events_of
from tests.unit.analytics.analytics_rig import levels as levels_of
from tests.unit.analytics.analytics_shelf import SLOTS, START, STORE, camera, entities, frame

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(280)]
_ROOT = Path(__file__).parents[3]
_STORES = tuple(f"store-{number}" for number in range(1, 6))
_LOOKS = ("full", "full", "gap", "partial", "wrong")
_SETTLES_WITHIN_S = 120.0
_FROZEN_S = 6.0  # longer than the session timeout of three seconds
_NEVER_STALE_S = 1e9  # the processes' own ticks are of another year than the frames
_FRAMES = 80
Levels = dict[tuple[str, str], SlotLevel]


def _entities(store: str) -> list[CatalogueEntity]:
    found = [*entities(), camera(stale_after_s=_NEVER_STALE_S)]
    return [each.model_copy(update={"id": store} if isinstance(each, Store) else {"store": store}) for each in found]


def _frames(store: str) -> list[FrameFacings]:
    """A random life of six slots, each look lasting for some frames, with repeats and late ones among them."""
    chance = random.Random(store)
    shown: dict[int, str] = {}
    found: list[FrameFacings] = []
    for number in range(_FRAMES):
        if number % 4 == 3:
            shown[chance.randrange(len(SLOTS))] = chance.choice(_LOOKS)
        found.append(frame(number, dict(shown)).model_copy(update={"store": store}))
        if chance.random() < 0.1:
            found.append(chance.choice(found))
    return found


def _undisturbed(frames: dict[str, list[FrameFacings]]) -> tuple[list[StockEvent], Levels]:
    """What one process makes of it that nobody disturbs."""
    found: list[StockEvent] = []
    believed: Levels = {}
    for store, shown in frames.items():
        clock = ManualClock(START)
        bus = make_bus(clock)
        publish(bus, _entities(store))
        send(bus, [each.message() for each in shown])
        with Rig(bus, clock) as rig:
            rig.settle()
        found += distinct(events_of(bus))
        believed |= {(store, slot): level for slot, level in levels_of(bus).items()}
    return found, believed


def _counted(bus: Bus, topic: str) -> Iterator[Record]:
    reader = bus.reader()
    for index in range(SIZES.store_partitions):
        partition, fence = Partition(topic, index), Fence()
        for record in reader.read(partition, *reader.bounds(partition)):
            if fence.admits(record) and not is_claim(record):
                yield record
    reader.close()


def _levels(bus: Bus) -> Levels:
    found = [SlotLevel.decode(record.value) for record in _counted(bus, LEVELS)]
    return {(level.store, level.slot): level for level in found}


def _events(bus: Bus) -> list[StockEvent]:
    """Each event once, by store and slot in the order in which they came."""
    found = distinct([StockEvent.decode(record.value) for record in _counted(bus, EVENTS)])
    return sorted(found, key=lambda event: (event.store, event.slot))


def _shown(live: LiveReader) -> Levels:
    return {(store, slot): level for store in live.stores() for slot, level in live.slots(store).items()}


def _wait(done: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + _SETTLES_WITHIN_S
    while not done():
        assert time.monotonic() < give_up_s, "the processes did not settle"
        time.sleep(0.2)


@pytest.fixture
def kafka(kafka_cache: Path) -> Iterator[str]:
    """A broker of its own, since the names of topics are fixed."""
    with Kafka(kafka_cache) as broker:
        admin = kafka_bus(broker.url).admin()
        admin.create(list(topic_table(SIZES).values()))
        admin.close()
        yield broker.url


def test_killed_and_frozen_processes_change_no_record(kafka: str, redis_url: str, tmp_path: Path) -> None:
    """Events and levels, whole, are those of an undisturbed run, and Redis shows them."""

    def start(name: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "tests.unit.analytics.analytics_child", kafka, redis_url, name]
            return subprocess.Popen(command, cwd=_ROOT, stdout=log, stderr=log)

    bus = kafka_bus(kafka)
    frames = {store: _frames(store) for store in _STORES}
    told, believed = _undisturbed(frames)
    for store in _STORES:
        publish(bus, _entities(store))
        send(bus, [frames[store][0].message()])
    running = {name: start(name) for name in ("one", "two")}

    def see(begin: int, end: int) -> None:
        before = len(list(_counted(bus, LEVELS)))
        send(bus, [each.message() for shown in frames.values() for each in shown[begin:end]])
        _wait(lambda: len(list(_counted(bus, LEVELS))) > before)

    def kill(name: str) -> None:
        running[name].kill()
        running[name].wait()
        running[name] = start(name)

    try:
        see(1, 20)
        kill("one")
        see(20, 40)
        running["two"].send_signal(SIGSTOP)
        send(bus, [each.message() for shown in frames.values() for each in shown[40:60]])
        time.sleep(_FROZEN_S)
        running["two"].send_signal(SIGCONT)
        kill("one")
        see(60, 2 * _FRAMES)
        kill("two")
        _wait(lambda: _levels(bus) == believed)
        _wait(lambda: _events(bus) == sorted(told, key=lambda event: (event.store, event.slot)))
        with redis.Redis.from_url(redis_url) as client:
            live = LiveReader(client)
            _wait(
                lambda: {(s, slot): level for s in live.stores() for slot, level in live.slots(s).items()} == believed
            )
        assert all(process.poll() is None for process in running.values())
    finally:
        for process in running.values():
            process.kill()
            process.wait()
    assert STORE not in {event.store for event in told}
