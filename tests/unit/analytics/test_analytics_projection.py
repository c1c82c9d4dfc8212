"""Showing stores in Redis: who does not own one any more sends nothing of it, and says nothing of it."""

from typing import Any

import fakeredis
import pytest

from analytics.__main__ import stage_of
from analytics.live.reader import LiveReader
from analytics.live.writer import RedisProjection
from analytics.slot_rules import SlotRules
from analytics.store_state.state import ShownStore, StoreState
from shelfstream.bus.api import Partition
from shelfstream.clock import ManualClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of
from tests.unit.analytics.analytics_rig import make_bus, publish
from tests.unit.analytics.analytics_shelf import SETTINGS, START, STORE, slot

LEVEL = SlotRules(SETTINGS).new_level(slot(0), START)
OTHER = "harbour"


class Watched(fakeredis.FakeRedis):
    """A Redis that remembers how many values each of its scripts was sent."""

    def __init__(self, server: fakeredis.FakeServer) -> None:
        super().__init__(server=server)
        self.sent: list[int] = []

    def pipeline(self, *args: Any, **options: Any) -> Any:
        made: Any = super().pipeline(*args, **options)
        evaluate = made.eval

        def watched(script: str, keys: int, *values: Any) -> Any:
            self.sent.append(len(values) - keys)
            return evaluate(script, keys, *values)

        made.eval = watched
        return made


def shown(epoch: int, store: str = STORE) -> ShownStore:
    level = LEVEL.model_copy(update={"store": store})
    return ShownStore(store, epoch, StoreState({level.slot: level}), frozenset({level.slot}))


@pytest.fixture
def server() -> fakeredis.FakeServer:
    return fakeredis.FakeServer()


def test_a_store_that_a_newer_owner_writes_is_not_due(server: fakeredis.FakeServer) -> None:
    """After its fence was met, the former owner sends nothing of the store, whatever else it shows."""
    former, newer = Watched(server), Watched(server)
    old = RedisProjection(former, ManualClock(START))
    old.project([shown(1)])
    RedisProjection(newer, ManualClock(START)).project([shown(5)])
    old.project([shown(1)])
    former.sent.clear()
    old.project([shown(1, OTHER)])
    old.project([])
    assert len(former.sent) == 1


def test_a_fenced_store_is_asked_about_and_not_sent_again(server: fakeredis.FakeServer) -> None:
    """Who still believes that a store is theirs asks in few words, and shows it again once the fence is gone."""
    former = Watched(server)
    RedisProjection(Watched(server), ManualClock(START)).project([shown(5)])
    old = RedisProjection(former, ManualClock(START))
    old.project([shown(1)])
    whole = former.sent[-1]
    former.sent.clear()
    old.project([shown(1)])
    assert former.sent[0] < whole
    assert len(former.sent) == 1
    former.flushall()
    old.project([shown(1)])
    assert LiveReader(former).slots(STORE) == {LEVEL.slot: LEVEL}


def test_stores_that_went_to_somebody_else_are_forgotten(server: fakeredis.FakeServer) -> None:
    """What was still to be written of them when Redis was away is not written later."""
    client, clock = Watched(server), ManualClock(START)
    projection = RedisProjection(client, clock)
    server.connected = False
    projection.project([shown(1), shown(1, OTHER)])
    assert projection.failures == 1
    projection.keep(frozenset({OTHER}))
    server.connected = True
    clock.advance(5)
    projection.project([])
    assert LiveReader(client).stores() == [OTHER]
    assert LiveReader(client).slots(STORE) == {}


def test_figures_of_stores_that_went_are_not_exported() -> None:
    """A process that lost a store's partition says nothing of its slots: the new owner does."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    metrics = Metrics()
    stage = stage_of(
        SETTINGS, StageContext(bus, clock, PictureStore("memory://"), "a", None, engine_of("sqlite://"), metrics)
    )
    partitions = [Partition(topic, 0) for topic in stage.topics]
    state = stage.store.gained(stage.initial, partitions, lambda: None)
    stage.project([shown(1)])
    assert metrics.value("shelfstream_analytics_slots", store=STORE, state="UNKNOWN") == 1
    stage.store.dropped(state, partitions)
    assert metrics.value("shelfstream_analytics_slots", store=STORE, state="UNKNOWN") is None
