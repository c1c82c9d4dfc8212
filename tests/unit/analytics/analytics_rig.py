"""Analytics on an embedded bus in memory, worked by hand: one loop turn after the other."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

import redis

from analytics.__main__ import stage_of
from analytics.contract import SlotLevel, StockEvent
from analytics.inputs import TOPICS, Input
from analytics.settings import AnalyticsSettings
from analytics.store_state.state import AnalyticsState
from detector.contract import FrameFacings
from shelfstream.bus.api import Bus, Message, Partition, Record
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopObserver, Step, Tally
from shelfstream.bus.ownership import Fence, epoch_of, is_claim
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Handler, Outcome, Received
from shelfstream.bus.topics import EVENTS, FACINGS, LEVELS, TopicSizes, topic_table
from shelfstream.catalogue.model import CatalogueEntity
from shelfstream.catalogue.records import entity_message
from shelfstream.clock import ManualClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of
from tests.unit.analytics.analytics_shelf import SETTINGS, START, entities

_PATIENCE_S = 60.0
_TICK_S = 0.05
ONE_PARTITION = topic_table(TopicSizes(store_partitions=1, camera_partitions=1))


def make_bus(clock: ManualClock) -> EmbeddedBus:
    """A bus in memory with one partition per topic."""
    return EmbeddedBus(None, clock, ONE_PARTITION)


def send(bus: Bus, messages: Iterable[Message]) -> None:
    """Send and wait."""
    producer = bus.producer()
    futures = [producer.send(message) for message in messages]
    producer.flush(5)
    for future in futures:
        future.result(5)
    producer.close()


def publish(bus: Bus, found: list[CatalogueEntity] | None = None) -> None:
    """Put the catalogue on the bus."""
    send(bus, [entity_message(entity) for entity in (found if found is not None else entities())])


def records(bus: Bus, topic: str) -> list[Record]:
    """Everything that still stands in a topic's one partition."""
    reader = bus.reader()
    partition = Partition(topic, 0)
    found = list(reader.read(partition, *reader.bounds(partition)))
    reader.close()
    return found


def counted(bus: Bus, topic: str) -> list[Record]:
    """What a reader listens to: no claims, nothing of an older owner."""
    fence = Fence()
    return [record for record in records(bus, topic) if fence.admits(record) and not is_claim(record)]


def events(bus: Bus) -> list[StockEvent]:
    """Every event that counts, in order, repeats included."""
    return [StockEvent.decode(record.value) for record in counted(bus, EVENTS)]


def distinct(found: list[StockEvent]) -> list[StockEvent]:
    """Each event once, without the time of its emission, slot by slot in the order in which they came."""
    plain = {event.event_id: event.model_copy(update={"emitted_at": START}) for event in found}
    return sorted(plain.values(), key=lambda event: event.slot)


def levels(bus: Bus) -> dict[str, SlotLevel]:
    """The newest level of each slot that an owner wrote."""
    newest: dict[str, SlotLevel] = {}
    for record in counted(bus, LEVELS):
        if epoch_of(record) is None:
            continue
        name = (record.key or b"").decode().partition("/")[2]
        if record.value is None:
            newest.pop(name, None)
        else:
            newest[name] = SlotLevel.decode(record.value)
    return newest


def copy_of_facings(bus: Bus) -> list[Message]:
    """The recorded log of facings, to be sent to another bus."""
    return [
        Message(FACINGS, (record.key or b"").decode(), record.value, record.headers, 0)
        for record in records(bus, FACINGS)
    ]


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition of another thread, and fail when it does not come."""
    give_up_s = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up_s, f"it did not come: {what}"
        time.sleep(0.005)


class Crash(BaseException):
    """The process dies here."""


class At:
    """Does something at the n-th visit of a step: dies, or stands still until ``go``."""

    def __init__(self, step: Step, visit: int, *, freeze: bool = False) -> None:
        self._step, self._left, self._freeze = step, visit, freeze
        self.reached, self.go = threading.Event(), threading.Event()

    def at(self, step: Step) -> None:
        if step is not self._step or self._left <= 0:
            return
        self._left -= 1
        if self._left:
            return
        self.reached.set()
        if not self._freeze:
            raise Crash
        assert self.go.wait(_PATIENCE_S)

    def count(self, what: Tally, by: int = 1) -> None:
        """Nothing to do."""


class Ticked:
    """Stands around a stage's handler and its loop's observer, and notes up to when time has passed in the rules."""

    def __init__(self, handler: Handler[AnalyticsState, Input, object], inner: LoopObserver | None) -> None:
        self._handler, self._inner = handler, inner
        self._due: tuple[Step, datetime] | None = None
        self.until: datetime | None = None

    def decode(self, record: Record) -> Input | None:
        return self._handler.decode(record)

    def handle(
        self, state: AnalyticsState, batch: Sequence[Received[Input]], now: datetime
    ) -> Outcome[AnalyticsState, object]:
        outcome = self._handler.handle(state, batch, now)
        if not batch:
            self._due = (Step.PROJECTED if outcome.projections else Step.ADOPTED), now
        return outcome

    def at(self, step: Step) -> None:
        if self._inner is not None:
            self._inner.at(step)
        if self._due is not None and step is self._due[0]:
            self.until, self._due = self._due[1], None

    def count(self, what: Tally, by: int = 1) -> None:
        """Nothing to do."""


class Rig:
    """One analytics process in a thread; the clock moves only when a test says so."""

    def __init__(
        self,
        bus: EmbeddedBus,
        clock: ManualClock,
        name: str = "a",
        *,
        settings: AnalyticsSettings = SETTINGS,
        watch: LoopObserver | None = None,
        client: "redis.Redis | None" = None,
        batch: int = 500,
    ) -> None:
        self.bus, self.clock, self.crashed = bus, clock, False
        parts = StageContext(bus, clock, PictureStore("memory://"), name, client, engine_of("sqlite://"), Metrics())
        loop_settings = LoopSettings(
            tick_every_s=_TICK_S, batch_max_wait_s=0.0, batch_max_records=batch, poll_max_records=batch
        )
        stage = stage_of(settings, parts)
        self._ticked_until = Ticked(stage.handler, watch)
        stage = replace(stage, handler=self._ticked_until)
        self._loop = Loop(stage, bus, clock=clock, settings=loop_settings, observer=self._ticked_until, member=name)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self._loop.joined or self.crashed, "a share of the group")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(_PATIENCE_S)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._loop.run(self._stop)
        except Crash:
            self.crashed = True

    def settle(self) -> None:
        """Wait until everything is read and committed, or the process has died."""
        admin = self.bus.admin()
        until(lambda: self.crashed or not any(admin.lag("analytics", TOPICS).values()), "the end of the log")
        admin.close()

    def tick(self, seconds: float = 1.0) -> None:
        """Let time pass, and the rules take it in."""
        self.tick_at(self.clock.now() + timedelta(seconds=seconds))

    def tick_at(self, now: datetime) -> None:
        """Let it be as late as that."""
        self.clock.advance((now - self.clock.now()).total_seconds())
        until(lambda: self._ticked(now), "a tick")
        self.settle()

    def _ticked(self, now: datetime) -> bool:
        until = self._ticked_until.until
        if self.crashed or (until is not None and until >= now):
            return True
        # A tick that was due while records waited to be read is tried again only when time has passed.
        self.clock.advance(_TICK_S)
        self.clock.set_wall(now)
        return False

    def see(self, *frames: FrameFacings) -> None:
        """Let frames come, and be taken in."""
        send(self.bus, [frame.message() for frame in frames])
        self.settle()
