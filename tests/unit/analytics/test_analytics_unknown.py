"""What a time in which a slot was not seen does to what is said before and after it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.contract import SlotLevel, SlotState, UnknownReason
from analytics.looking.observe import Appearance
from analytics.plans.watching import Watching
from shelfstream.catalogue.model import Bay, Reset
from shelfstream.clock import ManualClock
from tests.unit.analytics.analytics_rig import Rig, events, levels, make_bus, publish
from tests.unit.analytics.analytics_shelf import (
    CAMERA,
    RULES,
    START,
    SlotLook,
    entities,
    frame,
    looked_at,
    slot,
)

OTHER = "c2"
WATCHING = Watching((CAMERA, OTHER), 30.0)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def seen(level: SlotLevel, number: int, look: Appearance | None, seconds: float, camera: str = CAMERA) -> SlotLevel:
    """The level after one look."""
    return looked_at(level, SlotLook(number, look, at(seconds), camera))


def stocked_until_10() -> SlotLevel:
    """Six full looks, the last one ten seconds after the start."""
    level = RULES.new_level(slot(0), START)
    for number in range(6):
        level = seen(level, number, Appearance.FULL, 2.0 * number)
    assert level.state is SlotState.STOCKED
    return level


def unseen_at(level: SlotLevel, seconds: float) -> SlotLevel:
    return RULES.pass_time(level, at(seconds), WATCHING, frozenset())


def test_what_was_suspected_before_a_blocked_time_does_not_count_through_it() -> None:
    """One gap, two hours in which nobody could see, then gaps: OUT since the first look after, and perhaps before."""
    level = unseen_at(seen(stocked_until_10(), 6, Appearance.GAP, 11), 7200)
    assert level.state is SlotState.UNKNOWN
    for number in range(7, 11):
        level = seen(level, number, Appearance.GAP, 7200.0 + 2 * number)
    out = level.transitions[-1]
    assert (out.before, out.state) == (SlotState.UNKNOWN, SlotState.OUT)
    assert (out.onset.earliest, out.onset.latest) == (at(11), at(7214))


def test_a_frame_from_before_a_slot_became_unknown_starts_no_state_in_the_past() -> None:
    """Another camera's frame comes late and decides: the state begins where UNKNOWN began, not before it."""
    unknown = unseen_at(stocked_until_10(), 60)
    back = seen(unknown, 1, Appearance.FULL, 30, OTHER)
    step = back.transitions[-1]
    assert (step.before, step.state) == (SlotState.UNKNOWN, SlotState.STOCKED)
    assert step.onset.latest == step.decided_at == back.since == unknown.since == at(40)


def test_another_cameras_late_frame_takes_nothing_back() -> None:
    """A slot was last seen when the later frame was taken, whichever came first; so it is not stale too early."""
    level = seen(stocked_until_10(), 1, Appearance.FULL, 3, OTHER)
    assert level.last_seen_at == at(10)
    assert unseen_at(level, 39) is level


def test_a_camera_whose_clock_was_set_back_is_believed() -> None:
    """A clock that was a day ahead must not keep a slot from ever being stale again."""
    ahead = seen(stocked_until_10(), 6, Appearance.FULL, 86_400)
    level = seen(ahead, 7, Appearance.FULL, 14)
    assert level.last_seen_at == at(14)
    assert unseen_at(level, 60).reason is UnknownReason.STALE


@pytest.mark.parametrize(
    ("looks", "reason"),
    [
        ([Appearance.DARK] * 5, UnknownReason.DARK),
        ([None, None, Appearance.DARK], UnknownReason.DARK),
        ([Appearance.DARK, None, None], UnknownReason.BLOCKED),
    ],
)
def test_a_bay_that_shows_nothing_at_all_is_dark(looks: list[Appearance | None], reason: UnknownReason) -> None:
    """The camera reports: whether it sees nothing of the whole bay or not this slot alone, its last frame says."""
    level = stocked_until_10()
    for number, look in enumerate(looks, start=6):
        level = seen(level, number, look, 30.0 + number)
    assert unseen_at(level, 41).reason is reason


def test_a_dark_slot_stays_dark_until_it_is_seen() -> None:
    """A bay that is hardly lit shows a facing now and then: that is no news of a slot that is not seen."""
    level = seen(stocked_until_10(), 6, Appearance.DARK, 39)
    dark = unseen_at(level, 41)
    flicker = seen(dark, 7, None, 42)
    assert unseen_at(flicker, 43) is flicker
    assert seen(flicker, 8, Appearance.FULL, 44).state is SlotState.STOCKED


INPUTS = st.lists(
    st.tuples(st.sampled_from([*Appearance, None, "tick"]), st.floats(0, 90), st.floats(0, 60), st.booleans()),
    max_size=40,
)


@given(INPUTS)
def test_no_state_begins_before_the_unknown_that_it_ends(
    inputs: list[tuple[Appearance | str | None, float, float, bool]],
) -> None:
    """Two cameras, late frames and ticks in any mixture: what follows UNKNOWN begins where that began, or later."""
    level, now_s = RULES.new_level(slot(0), START), 0.0
    for number, (what, later_s, late_s, other) in enumerate(inputs):
        now_s += later_s
        began, was = level.since, level.state
        if isinstance(what, Appearance) or what is None:
            level = seen(level, number, what, max(0.0, now_s - late_s), OTHER if other else CAMERA)
        else:
            level = unseen_at(level, now_s)
        if level.transitions:
            newest = level.transitions[-1]
            assert newest.onset.earliest <= newest.onset.latest <= newest.decided_at
        if was is SlotState.UNKNOWN:
            assert level.since >= began


def test_a_bay_under_reset_is_unknown_until_it_is_over() -> None:
    """From the declared beginning to the end, whatever its shelves look like; then what is seen counts again."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.see(*map(frame, range(6)))
        begins, ends = START + timedelta(seconds=20), START + timedelta(seconds=120)
        found = [
            entity.model_copy(update={"reset": Reset(begins=begins, ends=ends)}) if isinstance(entity, Bay) else entity
            for entity in entities()
        ]
        publish(bus, found)
        rig.settle()
        gaps = dict.fromkeys(range(6), "gap")
        rig.see(*(frame(sequence, gaps) for sequence in range(11, 30)))
        rig.tick_at(START + timedelta(seconds=60))
        held = levels(bus)
        assert {(level.state, level.reason) for level in held.values()} == {(SlotState.UNKNOWN, UnknownReason.RESET)}
        assert {level.since for level in held.values()} == {begins}
        rig.see(*(frame(sequence) for sequence in range(61, 68)))
        assert {level.state for level in levels(bus).values()} == {SlotState.STOCKED}
    assert not [event for event in events(bus) if event.transition.state is SlotState.OUT]
