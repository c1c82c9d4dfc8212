"""Crashes, takeovers and replays: events are repeated, never recomputed, and nothing else changes."""

from datetime import timedelta
from functools import cache

import pytest

from analytics.__main__ import stage_of
from analytics.contract import SlotLevel, SlotState, StockEvent, UnknownReason, event_id_of
from analytics.store_state.batch_update import FRESH_HEADER
from detector.contract import FrameFacings
from shelfstream.bus.api import Headers, Message, Partition, Record
from shelfstream.bus.dead_letters import REASON
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.observer import Step
from shelfstream.bus.ownership import epoch_of, stamp
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import DEAD_SUFFIX, LEVELS
from shelfstream.clock import ManualClock
from shelfstream.file_store import PictureStore
from shelfstream.identifiers import key_of
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of
from tests.unit.analytics.analytics_rig import (
    At,
    Rig,
    copy_of_facings,
    counted,
    distinct,
    events,
    levels,
    make_bus,
    publish,
    records,
    send,
)
from tests.unit.analytics.analytics_shelf import CAMERA, SETTINGS, SLOTS, START, STORE, frame

STEPS = [step for step in Step if step not in {Step.ATTEMPT_MARKED, Step.APPLIED}]
BATCH = 4
END = START + timedelta(seconds=400)
"""After the story: later than slots are believed without being seen, and than a group waits for a frozen member."""


def story() -> list[FrameFacings]:
    """Slots empty and fill again, with a repeated and a late frame in between."""
    both = {1: "gap", 3: "wrong"}
    half = {3: "wrong", 5: "partial"}
    full: dict[int, str] = {}
    shown = [*[full] * 4, *[{1: "gap", 3: "gap"}] * 4, *[both] * 5, *[half] * 5, *[full] * 5]
    frames = [frame(n, look) for n, look in enumerate(shown)]
    return [*frames[:9], frames[6], frames[8], *frames[9:15], frames[2], *frames[15:]]


@cache
def recorded() -> tuple[tuple[Message, ...], tuple[StockEvent, ...], dict[str, SlotLevel]]:
    """A log of facings as one undisturbed process left it, and what it made of it until ``END``."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        for number, found in enumerate(story()):
            rig.see(found)
            if number % 4 == 3:
                rig.tick(8)
        rig.tick_at(END)
    return tuple(copy_of_facings(bus)), tuple(distinct(events(bus))), levels(bus)


def replayed_on() -> tuple[EmbeddedBus, ManualClock]:
    """A fresh bus that holds the recorded log."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    send(bus, recorded()[0])
    return bus, clock


def test_a_replayed_log_gives_the_same_records() -> None:
    """Facings, read again in other batches by one process, give the same events and levels, whole."""
    bus, clock = replayed_on()
    with Rig(bus, clock, batch=BATCH) as rig:
        rig.settle()
        rig.tick_at(END)
    assert tuple(distinct(events(bus))) == recorded()[1]
    assert levels(bus) == recorded()[2]
    states = {event.transition.state for event in recorded()[1]}
    assert states == set(SlotState)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("visit", [1, 2, 3, 5, 8])
def test_a_crash_at_any_step_changes_nothing(step: Step, visit: int) -> None:
    """Killed between any two steps of the loop, also between levels and their events, all records are the same."""
    bus, clock = replayed_on()
    with Rig(bus, clock, "a", watch=At(step, visit), batch=BATCH) as first:
        first.settle()
    assert first.crashed or step is Step.PROJECTED
    with Rig(bus, clock, "b", batch=BATCH) as second:
        second.settle()
        second.tick_at(END)
    assert tuple(distinct(events(bus))) == recorded()[1]
    assert levels(bus) == recorded()[2]


def test_events_are_repeated_and_not_recomputed() -> None:
    """The process dies after its levels are acknowledged: the next owner sends their events with the same ids."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    send(bus, [frame(n).message() for n in range(5)])
    with Rig(bus, clock, "a", watch=At(Step.WAVE_ACKNOWLEDGED, 1)) as first:
        first.settle()
    assert first.crashed
    assert {level.state for level in levels(bus).values()} == {SlotState.STOCKED}
    assert not events(bus)
    with Rig(bus, clock, "b"):
        pass
    found = events(bus)
    assert {event.slot for event in found} == set(SLOTS)
    assert all(event.transition in levels(bus)[event.slot].transitions for event in found)


@pytest.mark.parametrize("visit", [2, 3, 4, 5, 6, 7])
def test_a_frozen_owner_that_wakes_up_is_not_listened_to(visit: int) -> None:
    """Another process takes over and goes on; what the old one still writes is ignored and written over."""
    bus, clock = replayed_on()
    watch = At(Step.WAVE_ACKNOWLEDGED, visit, freeze=True)
    with Rig(bus, clock, "a", watch=watch, batch=BATCH):
        assert watch.reached.wait(60)
        clock.advance((END - clock.now()).total_seconds())
        with Rig(bus, clock, "b", batch=BATCH) as second:
            second.settle()
            second.tick_at(END)
            watch.go.set()
            second.settle()
    assert tuple(distinct(events(bus))) == recorded()[1]
    assert levels(bus) == recorded()[2]


def test_what_an_older_owner_overwrites_is_written_again() -> None:
    """Compaction keeps the newest record of a key: the owner makes sure that it is its own."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.see(*(frame(n) for n in range(5)))
    old = levels(bus)[SLOTS[0]].model_copy(update={"state": SlotState.OUT})
    with Rig(bus, clock, "b") as rig:
        key = key_of(old.store, old.slot)
        send(
            bus,
            [Message(LEVELS, key, old.encode(), stamp(0)), Message(LEVELS, key_of(old.store, "ghost"), b"x", stamp(0))],
        )
        rig.settle()
    newest = {record.key: record for record in records(bus, LEVELS)}
    assert newest[key.encode()].value != old.encode()
    assert (epoch_of(newest[key.encode()]) or 0) > 0
    assert newest[b"mill-road/ghost"].value is None
    assert levels(bus)[SLOTS[0]].state is SlotState.STOCKED


@pytest.mark.parametrize("value", [b"\x00\xff no message", b"{}", b"[]"])
@pytest.mark.parametrize("headers", [(), (("owner-epoch", b"1000000000000"),)])
def test_what_nobody_wrote_over_a_level_is_written_over_again(value: bytes, headers: Headers) -> None:
    """Junk without an honest stamp is a dead letter, and never what compaction would keep of its key."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.see(*(frame(n) for n in range(5)))
        before = levels(bus)
        send(bus, [Message(LEVELS, key_of(STORE, SLOTS[0]), value, headers)])
        rig.settle()
        assert levels(bus) == before
    last = newest_under(bus, SLOTS[0])
    assert SlotLevel.decode(last.value) == before[SLOTS[0]]
    assert epoch_of(last) is not None
    (letter,) = records(bus, LEVELS + DEAD_SUFFIX)
    assert letter.value == value
    assert letter.header(REASON)


def test_what_was_written_over_before_the_takeover_is_written_again() -> None:
    """The former owner died before it could: the new one finds the junk in the log and does it."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.see(*(frame(n) for n in range(5)))
    before = levels(bus)[SLOTS[0]]
    send(bus, [Message(LEVELS, key_of(STORE, SLOTS[0]), None)])
    with Rig(bus, clock, "b") as rig:
        rig.settle()
    assert newest_under(bus, SLOTS[0]).value == before.encode()


def test_junk_that_is_over_no_level_is_a_dead_letter() -> None:
    """Under a key that is no slot's there is nothing to write again."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.see(frame(0))
        send(bus, [Message(LEVELS, key_of(STORE, "ghost"), b"{}"), frame(1).message()])
        rig.settle()
        assert levels(bus)[SLOTS[0]].seen[CAMERA].sequence == 1
    assert len(records(bus, LEVELS + DEAD_SUFFIX)) == 1
    assert newest_under(bus, "ghost").value == b"{}"


@pytest.mark.parametrize("readable", [False, True])
def test_what_is_written_again_never_hides_an_event(readable: bool) -> None:
    """In one batch frames decide and a foreign level is met: no level goes out before the one that names its events."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.see(*(frame(n) for n in range(5)))
    foreign = levels(bus)[SLOTS[4]].encode() if readable else b"{}"
    stage = stage_of(
        SETTINGS, StageContext(bus, clock, PictureStore("memory://"), "b", None, engine_of("sqlite://"), Metrics())
    )
    state = stage.store.gained(stage.initial, [Partition(topic, 0) for topic in stage.topics], lambda: None)
    sent = [frame(n, {4: "gap"}).message() for n in range(5, 10)]
    sent.append(Message(LEVELS, key_of(STORE, SLOTS[4]), foreign))
    read = [Record(Partition(m.topic, 0), 99, m.key.encode(), m.value, m.headers, START) for m in sent]
    batch = [Received(record, item) for record in read if (item := stage.handler.decode(record)) is not None]
    waves = stage.handler.handle(state, batch, START).waves
    written = [m for wave in waves for m in wave if (m.topic, m.key) == (LEVELS, sent[-1].key)]
    found = [(SlotLevel.decode(m.value).state, dict(m.headers)[FRESH_HEADER]) for m in written]
    assert found == [(SlotState.STOCKED, b"0"), (SlotState.OUT, b"1")]


def newest_under(bus: EmbeddedBus, name: str) -> Record:
    """The record that compaction would leave of a slot."""
    return {record.key: record for record in records(bus, LEVELS)}[key_of(STORE, name).encode()]


def test_a_level_that_cannot_be_read_becomes_unknown() -> None:
    """A corrupt stored level costs its slot the belief, not the stage its life; numbers go on upwards."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.see(*(frame(n) for n in range(5)))
    before = levels(bus)[SLOTS[0]]
    newest = max(epoch_of(record) or 0 for record in counted(bus, LEVELS))
    send(bus, [Message(LEVELS, key_of(before.store, before.slot), b'{"store": "mill-r', stamp(newest))])
    clock.advance(30)
    with Rig(bus, clock, "b") as rig:
        rig.settle()
        assert UnknownReason.UNREADABLE in {event.transition.reason for event in events(bus)}
        rig.see(*(frame(n) for n in range(20, 25)))
    last = events(bus)[-1]
    assert (last.slot, last.transition.state) == (SLOTS[0], SlotState.STOCKED)
    assert last.transition.sequence > before.transition_sequence
    assert last.event_id == event_id_of(before.store, SLOTS[0], last.transition.sequence)
