"""Analytics as a stage on a bus: what it writes, and that a restart changes nothing."""

import itertools
from collections.abc import Iterator

import pytest

from analytics.contract import SlotState, Transition, UnknownReason
from detector.contract import FrameFacings
from ingest.contract import CameraState, CameraStatus
from shelfstream.answers import Answer, AnswerKind
from shelfstream.bus.api import Message
from shelfstream.bus.dead_letters import REASON
from shelfstream.bus.topics import ANSWERS, CAMERAS, CATALOGUE, FACINGS, LEVELS
from shelfstream.catalogue.finding import subject_of
from shelfstream.catalogue.records import entity_message, gone_message
from shelfstream.clock import ManualClock
from tests.unit.analytics.analytics_rig import (
    Rig,
    counted,
    events,
    levels,
    make_bus,
    publish,
    records,
    send,
)
from tests.unit.analytics.analytics_shelf import CAMERA, GTINS, SLOTS, START, STORE, camera, entities, frame, slot


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A running process whose slots are all stocked."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as made:
        made.see(*(frame(n) for n in range(5)))
        yield made


def newest(rig: Rig, name: str) -> Transition:
    """A slot's newest event."""
    return [event.transition for event in events(rig.bus) if event.slot == name][-1]


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


def test_levels_say_how_many_to_bring(rig: Rig) -> None:
    """An empty slot of three misses three, a full one none."""
    rig.see(*(frame(n, {4: "gap"}) for n in range(5, 15)))
    assert levels(rig.bus)[SLOTS[4]].units_missing == 3
    assert levels(rig.bus)[SLOTS[0]].units_missing == 0


def test_a_camera_called_offline_gives_its_slots_that_reason(rig: Rig) -> None:
    """Ingest's status reaches the rules through the next tick, and the slots once their limit is over."""
    status = CameraStatus(store=STORE, camera=CAMERA, epoch=0, state=CameraState.OFFLINE, since=START, at=START)
    send(rig.bus, [status.message()])
    rig.settle()
    rig.tick(5)
    assert levels(rig.bus)[SLOTS[0]].state is SlotState.STOCKED
    rig.tick(60)
    assert newest(rig, SLOTS[0]).reason is UnknownReason.OFFLINE


def test_an_answer_takes_effect_through_the_log_and_once(rig: Rig) -> None:
    """An answer becomes a tick, moves the belief, and the same answer again moves nothing."""
    rig.see(*(frame(n, {4: "gap"}) for n in range(5, 10)))
    answer = Answer(
        answer_id="tap-12345", store=STORE, slot=SLOTS[4], gtin=GTINS[4], kind=AnswerKind.REFILLED, answered_at=START
    )
    before = levels(rig.bus)[SLOTS[4]]
    send(rig.bus, [answer.message()])
    rig.settle()
    after = levels(rig.bus)[SLOTS[4]]
    assert after.belief.stocked > before.belief.stocked * 10
    assert after.answers_applied == ("tap-12345",)
    send(rig.bus, [answer.message()])
    rig.settle()
    assert levels(rig.bus)[SLOTS[4]] == after
    rig.see(*(frame(n) for n in range(10, 12)))
    assert newest(rig, SLOTS[4]).state is SlotState.STOCKED


def test_an_answer_says_nothing_of_cameras(rig: Rig) -> None:
    """Slots of an offline camera stay OFFLINE when an answer comes: nobody said that the camera is back."""
    status = CameraStatus(store=STORE, camera=CAMERA, epoch=0, state=CameraState.OFFLINE, since=START, at=START)
    send(rig.bus, [status.message()])
    rig.settle()
    rig.tick(60)
    told = len(events(rig.bus))
    assert newest(rig, SLOTS[0]).reason is UnknownReason.OFFLINE
    answer = Answer(
        answer_id="tap-12345", store=STORE, slot=SLOTS[0], gtin=GTINS[0], kind=AnswerKind.REFILLED, answered_at=START
    )
    send(rig.bus, [answer.message()])
    rig.settle()
    rig.tick()
    assert len(events(rig.bus)) == told
    assert levels(rig.bus)[SLOTS[0]].answers_applied == ("tap-12345",)


def test_a_dark_bay_says_so(rig: Rig) -> None:
    """A camera that is covered or in the dark reports pictures of nothing: its slots are UNKNOWN for that reason."""
    nothing = dict.fromkeys(range(len(SLOTS)), "bare")
    rig.see(*(frame(n, nothing) for n in range(5, 25)))
    rig.tick(49)
    assert newest(rig, SLOTS[0]).reason is UnknownReason.DARK


def test_an_answer_about_nothing_we_know_is_harmless(rig: Rig) -> None:
    """An unknown slot, or a kind that says nothing about the shelf, changes no level."""
    before = levels(rig.bus)
    for name, kind in (("ghost", AnswerKind.REFILLED), (SLOTS[0], AnswerKind.LATER)):
        answer = Answer(answer_id="tap-12345", store=STORE, slot=name, gtin=GTINS[0], kind=kind, answered_at=START)
        send(rig.bus, [answer.message()])
        rig.settle()
    assert levels(rig.bus) == before


def test_a_slot_that_leaves_the_plan_is_retired(rig: Rig) -> None:
    """Without a restart: a last event ends what is open, then the level is deleted; planned again, numbers go on."""
    rig.see(*(frame(n, {4: "gap"}) for n in range(5, 9)))
    out = newest(rig, SLOTS[4])
    send(rig.bus, [gone_message(subject_of(slot(4)))])
    rig.clock.advance(90)
    rig.tick()
    last = newest(rig, SLOTS[4])
    assert (last.before, last.reason, last.sequence) == (SlotState.OUT, UnknownReason.RETIRED, out.sequence + 1)
    assert SLOTS[4] not in levels(rig.bus)
    assert counted(rig.bus, LEVELS)[-1].value is None
    rig.clock.advance(60)
    send(rig.bus, [entity_message(slot(4))])
    rig.tick()
    rig.see(*(frame(n, at_s=160.0 + n) for n in range(9, 13)))
    again = newest(rig, SLOTS[4])
    assert again.state is SlotState.STOCKED
    assert again.sequence > last.sequence


def test_a_slot_that_comes_back_within_a_minute_is_what_it_was(rig: Rig) -> None:
    """Taken out of the plan by mistake and put back: no event is sent, and what was known of it holds."""
    before = levels(rig.bus)[SLOTS[4]]
    send(rig.bus, [gone_message(subject_of(slot(4)))])
    rig.clock.advance(20)
    rig.tick()
    send(rig.bus, [entity_message(slot(4))])
    rig.tick()
    after = levels(rig.bus)[SLOTS[4]]
    assert (after.state, after.belief) == (SlotState.STOCKED, before.belief)
    assert after.transition_sequence == before.transition_sequence


def test_a_slot_that_gets_another_product_starts_anew(rig: Rig) -> None:
    """Without a restart: what was known of the old product is over, and the new one is not known yet."""
    send(rig.bus, [entity_message(slot(0, gtin=GTINS[-1]))])
    rig.tick()
    step = newest(rig, SLOTS[0])
    assert (step.before, step.state, step.gtin) == (SlotState.STOCKED, SlotState.UNKNOWN, GTINS[-1])
    rig.see(*(frame(n, {0: "wrong"}) for n in range(5, 10)))
    assert newest(rig, SLOTS[0]).state is SlotState.STOCKED


def test_a_new_camera_is_taken_up(rig: Rig) -> None:
    """A camera that is added to the catalogue counts from then on; one that is not in it never does."""
    rig.see(frame(0, {0: "gap"}, camera_name="c2"))
    assert "c2" not in levels(rig.bus)[SLOTS[0]].seen
    send(rig.bus, [entity_message(camera("c2"))])
    rig.settle()
    rig.see(*(frame(n, {0: "gap"}, camera_name="c2") for n in range(10, 15)))
    assert "c2" in levels(rig.bus)[SLOTS[0]].seen


def test_more_changes_than_a_level_carries_are_all_told() -> None:
    """A backlog in one batch, with a slot that changes more often than its level remembers: no event is lost."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    looks = [{0: "gap"} if number // 8 % 2 else {} for number in range(96)]
    send(bus, [frame(number, look).message() for number, look in enumerate(looks)])
    with Rig(bus, clock) as process:
        process.settle()
    steps = [event.transition for event in events(bus) if event.slot == SLOTS[0]]
    assert len(steps) == 12
    assert [later.sequence - earlier.sequence for earlier, later in itertools.pairwise(steps)] == [1] * 11


def test_junk_becomes_dead_letters_and_nothing_stops(rig: Rig) -> None:
    """Corrupt bytes, foreign keys, impossible times and versions: each with its reason, the belief goes on."""
    good = frame(5)
    old = good.model_dump_json().replace('"v":1', '"v":9').encode()
    far = good.model_copy(update={"received_at": good.received_at.replace(year=2300)})
    junk = [
        Message(FACINGS, f"{STORE}/{CAMERA}", b"\xff\x00", partition=0),
        Message(FACINGS, f"{STORE}/{CAMERA}", old),
        Message(FACINGS, "elsewhere/c1", good.encode()),
        Message(FACINGS, f"{STORE}/{CAMERA}", far.encode()),
        Message(CAMERAS, f"{STORE}/{CAMERA}", b"nonsense"),
        Message(ANSWERS, f"{STORE}/{SLOTS[0]}", b"[]"),
        Message(LEVELS, f"{STORE}/{SLOTS[0]}", b"{}"),
        Message(CATALOGUE, f"{STORE}/shoe/x", b"{}"),
    ]
    send(rig.bus, junk)
    rig.settle()
    letters = [record for topic in (FACINGS, CAMERAS, ANSWERS, LEVELS, CATALOGUE) for record in _letters(rig, topic)]
    assert len(letters) == len(junk)
    assert all(letters)
    rig.see(*(frame(n, {0: "gap"}) for n in range(5, 9)))
    assert newest(rig, SLOTS[0]).state is SlotState.OUT


def _letters(rig: Rig, topic: str) -> list[str]:
    return [(record.header(REASON) or b"").decode() for record in records(rig.bus, f"{topic}.dead")]


def test_a_store_nobody_planned_is_left_alone(rig: Rig) -> None:
    """Frames of a store that is not in the catalogue leave no trace, nor does time in partitions without a store."""
    stray = FrameFacings.model_validate({**frame(1).model_dump(), "store": "elsewhere"})
    before = levels(rig.bus)
    rig.see(stray)
    assert levels(rig.bus) == before
    clock = ManualClock(START)
    empty = make_bus(clock)
    with Rig(empty, clock) as idle:
        idle.tick()
    assert not counted(empty, LEVELS)
    assert len(entities()) == 2 + 1 + len(GTINS) + len(SLOTS)
