"""Crashes, takeovers and replays: events are repeated, never recomputed, and nothing else changes."""

from functools import cache

import pytest
from analytics_rig import (
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
from analytics_shelf import SLOTS, START, frame

from analytics.contract import SlotLevel, SlotState, StockEvent, UnknownReason, event_id_of
from detector.contract import FrameFacings
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.ownership import epoch_of, stamp
from shelfstream.bus.records import Message
from shelfstream.bus.topics import LEVELS
from shelfstream.bus.watch import Step
from shelfstream.clock import ManualClock
from shelfstream.identifiers import key_of

STEPS = [step for step in Step if step not in {Step.ATTEMPT_MARKED, Step.APPLIED}]
BATCH = 4


def story() -> list[FrameFacings]:
    """Slots empty and fill again, with a repeated and a late frame in between."""
    both = {1: "gap", 3: "wrong"}
    half = {3: "wrong", 5: "partial"}
    full: dict[int, str] = {}
    shown = [*[full] * 4, *[{1: "gap"}] * 4, *[both] * 5, *[half] * 5, *[full] * 5]
    frames = [frame(n, look) for n, look in enumerate(shown)]
    return [*frames[:9], frames[6], frames[8], *frames[9:15], frames[2], *frames[15:]]


@cache
def recorded() -> tuple[tuple[Message, ...], tuple[StockEvent, ...], dict[str, SlotLevel]]:
    """A log of facings and ticks as one undisturbed process left it, and what it made of it."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        for number, found in enumerate(story()):
            rig.see(found)
            if number % 4 == 3:
                rig.tick(8)
        rig.tick(60)
    return tuple(copy_of_facings(bus)), tuple(distinct(events(bus))), levels(bus)


def replayed_on() -> tuple[EmbeddedBus, ManualClock]:
    """A fresh bus that holds the recorded log."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    send(bus, recorded()[0])
    return bus, clock


def test_a_replayed_log_gives_the_same_records() -> None:
    """Facings and ticks, read again in other batches by one process, give the same events and levels, whole."""
    bus, clock = replayed_on()
    with Rig(bus, clock, batch=BATCH) as rig:
        rig.settle()
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
        clock.advance(400)
        with Rig(bus, clock, "b", batch=BATCH) as second:
            second.settle()
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
