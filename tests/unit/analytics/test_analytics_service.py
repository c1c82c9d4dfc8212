"""Analytics as a stage on a bus: what it writes, and that a restart changes nothing."""

from analytics_rig import Rig, events, levels, make_bus, publish
from analytics_shelf import CAMERA, GTINS, SLOTS, START, frame

from analytics.contract import SlotState, UnknownReason
from shelfstream.clock import ManualClock


def test_a_shelf_goes_empty_and_an_event_says_so() -> None:
    """Slots are stocked within a few frames, the emptied one is OUT within three, with an honest onset."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.see(*(frame(n) for n in range(5)))
        rig.see(*(frame(n, {4: "gap"}) for n in range(5, 8)))
    found = events(bus)
    assert {event.slot for event in found if event.transition.state is SlotState.STOCKED} == set(SLOTS)
    (out,) = [event.transition for event in found if event.transition.state is SlotState.OUT]
    assert out.before is SlotState.STOCKED
    assert out.gtin == GTINS[4]
    assert (out.onset.earliest, out.onset.latest) == (frame(4).received_at, frame(5).received_at)
    assert out.frames == (frame(4).frame_id, frame(5).frame_id, frame(7).frame_id)
    assert levels(bus)[SLOTS[4]].state is SlotState.OUT


def test_slots_nobody_has_seen_are_unknown_and_later_stale() -> None:
    """A planned slot is UNKNOWN before its first frame, and again when nobody reports, as of its limit."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.tick()
        assert {level.reason for level in levels(bus).values()} == {UnknownReason.NEVER_SEEN}
        assert not events(bus)
        rig.see(*(frame(n) for n in range(5)))
        rig.tick(60)
    (stale,) = {(e.transition.reason, e.transition.onset.latest) for e in events(bus) if e.transition.reason}
    assert stale[0] is UnknownReason.STALE
    assert (stale[1] - frame(4).received_at).total_seconds() == 30
    assert CAMERA in levels(bus)[SLOTS[0]].seen
