"""The belief filter and what it decides: properties that must hold whatever is seen."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.believing.belief import HIDDEN, BeliefFilter, Watched, chances_of
from analytics.contract import Belief, SlotLevel, SlotState, UnknownReason, Versions
from analytics.looking.observe import Appearance
from analytics.plans.watching import UNWATCHED, Watching
from shelfstream.answers import Answer, AnswerKind
from tests.unit.analytics.analytics_shelf import (
    CAMERA,
    NEED,
    RULES,
    SETTINGS,
    START,
    SlotLook,
    frame,
    looked_at,
    observations,
    slot,
)

LOOKS = st.sampled_from([look for look in Appearance if look is not Appearance.DARK])
CLEAR = {
    SlotState.STOCKED: Appearance.FULL,
    SlotState.LOW: Appearance.PARTIAL,
    SlotState.OUT: Appearance.GAP,
    SlotState.MISPLACED: Appearance.WRONG,
}
WATCHING = Watching((CAMERA,), 30.0)
FILTER = BeliefFilter(SETTINGS.belief, SETTINGS.sensor)


def look_at(
    number: int,
    look: Appearance | None,
    *,
    every_s: float = 2.0,
    epoch: int = 0,
    camera: str = CAMERA,
    at: datetime | None = None,
) -> SlotLook:
    return SlotLook(number, look, at or START + timedelta(seconds=every_s * number), camera, epoch)


def after(
    looks: Sequence[Appearance | None], level: SlotLevel | None = None, *, first: int = 0, every_s: float = 2.0
) -> SlotLevel:
    found = level or RULES.new_level(slot(0), START)
    for number, look in enumerate(looks, start=first):
        found = looked_at(found, look_at(number, look, every_s=every_s))
    return found


@given(st.lists(st.lists(st.one_of(st.none(), st.sampled_from(Appearance)), min_size=6, max_size=6), max_size=8))
def test_a_slot_becomes_the_same_alone_and_in_its_bay(frames: list[list[Appearance | None]]) -> None:
    """A bay moves at once, but no slot's level depends, to the last bit, on what stands beside it."""
    bay = [RULES.new_level(slot(place), START) for place in range(6)]
    alone = list(bay)
    for number, looks in enumerate(frames):
        given_looks = [look_at(number, look) for look in looks]
        bay = RULES.step_bay(
            bay, replace(given_looks[0].frame, planned=(3,) * 6, need=(NEED,) * 6), observations(*looks)
        )
        alone = [looked_at(level, look) for level, look in zip(alone, given_looks, strict=True)]
    assert bay == alone


SHARP = [
    (SlotState.STOCKED, SlotState.OUT),
    (SlotState.LOW, SlotState.OUT),
    (SlotState.OUT, SlotState.STOCKED),
    (SlotState.MISPLACED, SlotState.OUT),
]
SLOW = [(SlotState.STOCKED, SlotState.LOW), (SlotState.LOW, SlotState.STOCKED), (SlotState.OUT, SlotState.MISPLACED)]
"""What a few looks do not tell from a lasting misreading: that facings are missed, or a print taken for another's.

That another product stands where the right one stood a minute ago is hardly ever so: its print is read wrongly.
"""


def settled_in(state: SlotState, every_s: float) -> SlotLevel:
    """A slot that is surely in a state, come to it from being full."""
    level = after([Appearance.FULL] * 8, every_s=every_s)
    if state is SlotState.MISPLACED:
        # Another product is put where nothing was left.
        level = after([Appearance.GAP] * 8, level, first=8, every_s=every_s)
    return level if state is SlotState.STOCKED else after([CLEAR[state]] * 400, level, first=16, every_s=every_s)


@pytest.mark.parametrize(("before", "now"), SHARP)
@pytest.mark.parametrize("every_s", [2.0, 60.0])
def test_an_out_of_stock_and_its_end_are_decided_within_a_few_frames(
    before: SlotState, now: SlotState, every_s: float
) -> None:
    """Whatever the time between frames: within four of them, and an out-of-stock never by the first."""
    level = settled_in(before, every_s)
    assert level.state is before
    assert now is not SlotState.OUT or after([CLEAR[now]], level, first=500, every_s=every_s).state is before
    assert after([CLEAR[now]] * 4, level, first=500, every_s=every_s).state is now


@pytest.mark.parametrize(("before", "now"), SLOW)
def test_other_changes_are_decided_when_they_last(before: SlotState, now: SlotState) -> None:
    """Low, and another product, are read wrongly for long: they need hours, or to be seen to become so."""
    level = settled_in(before, 60.0)
    assert level.state is before
    after_hours = after([CLEAR[now]] * 600, level, first=500, every_s=60.0)
    chances = dict(zip(HIDDEN, chances_of(after_hours.belief), strict=True))
    assert chances[now] > 2 * chances[before] or after_hours.state is now


@given(st.lists(LOOKS, max_size=3), st.sampled_from(list(CLEAR)))
def test_one_odd_frame_changes_nothing(before: list[Appearance], state: SlotState) -> None:
    """A single wrong frame among right ones, of whatever kind, makes no event."""
    settled = after([*before, *[CLEAR[state]] * 8])
    for odd in set(Appearance) - {Appearance.DARK}:
        level = after([odd, *[CLEAR[state]] * 3], settled, first=20)
        assert level.transition_sequence == settled.transition_sequence


@given(st.lists(st.one_of(st.none(), LOOKS), max_size=20))
def test_states_and_transitions_agree(looks: list[Appearance | None]) -> None:
    """The newest transition is the state, sequences are gapless, onsets are never wider than what was seen."""
    level = after(looks)
    steps = level.transitions
    assert all(later.sequence == earlier.sequence + 1 for earlier, later in itertools.pairwise(steps))
    assert all(later.before is earlier.state for earlier, later in itertools.pairwise(steps))
    assert all(step.onset.earliest <= step.onset.latest <= step.decided_at for step in steps)
    if steps:
        assert (steps[-1].state, steps[-1].sequence) == (level.state, level.transition_sequence)
        assert level.reason is None
    else:
        assert (level.state, level.reason) == (SlotState.UNKNOWN, UnknownReason.NEVER_SEEN)


@given(st.lists(st.one_of(st.none(), LOOKS), min_size=1, max_size=12), st.data())
def test_late_and_repeated_frames_are_absorbed(looks: list[Appearance | None], data: st.DataObject) -> None:
    """A frame that is not newer than the last of its camera changes nothing at all."""
    level = after(looks)
    number = data.draw(st.integers(0, len(looks) - 1))
    again = look_at(number, data.draw(LOOKS))
    assert looked_at(level, again) is level
    newer_epoch = look_at(number, Appearance.FULL, epoch=1)
    assert looked_at(level, newer_epoch).revision == level.revision + 1


@given(st.lists(st.one_of(st.none(), LOOKS), max_size=12))
def test_a_level_survives_the_log_exactly(looks: list[Appearance | None]) -> None:
    """What is read back is what was written, to the last bit of the belief: restored states decide the same."""
    level = after(looks)
    assert SlotLevel.decode(level.encode()) == level


@given(st.lists(st.none(), min_size=1, max_size=30))
def test_an_occluded_slot_gives_no_evidence(looks: list[None]) -> None:
    """Frames in which the slot cannot be seen leave belief, state and the time last seen alone."""
    settled = after([Appearance.FULL] * 4)
    level = after(list(looks), settled, first=4)
    assert (level.belief, level.state, level.last_seen_at) == (settled.belief, settled.state, settled.last_seen_at)


def test_a_dense_stream_repeats_its_noise() -> None:
    """Frames a twenty-fifth of a second apart are not so many witnesses: a flicker of three decides nothing."""
    settled = after([Appearance.FULL] * 6)
    level = settled
    for number in range(3):
        at = look_at(6, Appearance.GAP).at + timedelta(seconds=0.04 * number)
        flicker = look_at(6 + number, Appearance.GAP, at=at)
        level = looked_at(level, flicker)
    assert level.state is SlotState.STOCKED


def test_who_walks_past_empties_no_shelf_and_a_shelf_that_stays_blank_is_out() -> None:
    """Slots that are blank together for some minutes are somebody whom nobody noticed; for hours they are not."""
    full = after([Appearance.FULL] * 12, every_s=60.0)
    assert after([Appearance.BLANK] * 5, full, first=12, every_s=60.0).state is SlotState.STOCKED
    blank = after([Appearance.BLANK] * 180, full, first=12, every_s=60.0)
    assert blank.belief.out > 0.5
    assert after([Appearance.FULL] * 2, blank, first=200, every_s=60.0).state is SlotState.STOCKED


def test_an_ingest_clock_that_jumps_does_not_stop_the_belief() -> None:
    """A day forward and back again: frames count all the while, by their order."""
    level = after([Appearance.FULL] * 6)
    for number, jump_s in enumerate((86_400, 86_402, 86_404, 18, 20, 22, 24), start=6):
        at = START + timedelta(seconds=jump_s)
        look = Appearance.GAP if jump_s > 1000 else Appearance.FULL
        level = looked_at(level, look_at(number, look, at=at))
    assert [step.state for step in level.transitions] == [SlotState.STOCKED, SlotState.OUT, SlotState.STOCKED]


def test_onset_lies_between_last_sure_and_first_seen() -> None:
    """A noisy change keeps its honest width: from the last sure look at the old state to the first of the new one."""
    level = after(
        [*[Appearance.FULL] * 4, Appearance.BARE, Appearance.GAP, Appearance.PARTIAL, Appearance.GAP, Appearance.GAP]
    )
    out = level.transitions[-1]
    assert out.state is SlotState.OUT
    assert out.onset.earliest == look_at(3, None).at
    assert out.onset.latest in {look_at(4, None).at, look_at(5, None).at}


@pytest.mark.parametrize(
    ("last_frames", "offline", "reason"),
    [
        ([None] * 20, frozenset(), UnknownReason.BLOCKED),
        ([], frozenset(), UnknownReason.STALE),
        ([], frozenset({CAMERA}), UnknownReason.OFFLINE),
    ],
)
def test_who_is_not_seen_becomes_unknown_with_the_reason(
    last_frames: list[None], offline: frozenset[str], reason: UnknownReason
) -> None:
    """Blocked while its camera reports, offline when ingest says so, stale when nobody says anything."""
    level = after(list(last_frames), after([Appearance.FULL] * 4), first=4)
    at = START + timedelta(seconds=6 + 31)
    found = RULES.pass_time(level, at, WATCHING, offline)
    assert (found.state, found.reason) == (SlotState.UNKNOWN, reason)
    assert found.since == START + timedelta(seconds=6 + 30)
    if reason is not UnknownReason.BLOCKED:
        assert RULES.pass_time(found, at + timedelta(seconds=5), WATCHING, offline) is found
    assert RULES.pass_time(level, START + timedelta(seconds=36), WATCHING, offline) is level


def test_a_slot_that_lost_its_camera_is_not_believed_for_ever() -> None:
    """The camera or its calibration left the catalogue: UNKNOWN with its own reason, a minute after."""
    level = after([Appearance.FULL] * 4)
    assert RULES.pass_time(level, START + timedelta(seconds=60), UNWATCHED, frozenset()) is level
    found = RULES.pass_time(level, START + timedelta(days=30), UNWATCHED, frozenset())
    assert (found.state, found.reason) == (SlotState.UNKNOWN, UnknownReason.NO_CAMERA)
    assert found.since == START + timedelta(seconds=6 + 60)
    assert RULES.pass_time(found, START + timedelta(days=31), UNWATCHED, frozenset()) is found


@given(st.lists(LOOKS, max_size=8), st.floats(0, 1000))
def test_unknown_is_never_out_or_stocked(looks: list[Appearance], later_s: float) -> None:
    """A slot has a reason exactly when it is UNKNOWN, and then no other state."""
    level = RULES.pass_time(after(looks), START + timedelta(seconds=later_s), WATCHING, frozenset())
    assert (level.reason is not None) == (level.state is SlotState.UNKNOWN)


def test_a_slot_comes_back_as_it_was() -> None:
    """After a time unseen, one clear look is enough for what was known before; it begins anew when seen."""
    away = RULES.pass_time(after([Appearance.FULL] * 4), START + timedelta(seconds=60), WATCHING, frozenset())
    back = looked_at(away, look_at(40, Appearance.FULL))
    assert back.state is SlotState.STOCKED
    assert back.transitions[-1].onset.earliest == back.transitions[-1].onset.latest == look_at(40, None).at


def answer(kind: AnswerKind, number: int = 1, gtin: str = "") -> Answer:
    return Answer(
        answer_id=f"answer-{number}",
        store="mill-road",
        slot="s1-1",
        gtin=gtin or slot(0).gtin,
        kind=kind,
        answered_at=START,
    )


def test_refilled_is_evidence_and_counts_once() -> None:
    """An answer moves the belief by its weight; the same one again, or one about another product, does nothing."""
    out = after([Appearance.GAP] * 4)
    assert out.state is SlotState.OUT
    moved = RULES.apply_answer(out, slot(0), answer(AnswerKind.REFILLED), START, Versions())
    assert moved.belief.stocked > out.belief.stocked * 10
    assert RULES.apply_answer(moved, slot(0), answer(AnswerKind.REFILLED), START, Versions()) is moved
    assert RULES.apply_answer(out, slot(0), answer(AnswerKind.REFILLED, gtin=slot(1).gtin), START, Versions()) is out
    assert RULES.apply_answer(out, slot(0), answer(AnswerKind.NO_STOCK_IN_BACK), START, Versions()) is out
    assert after([Appearance.FULL] * 2, moved, first=9).state is SlotState.STOCKED
    assert (
        after([Appearance.FULL], moved, first=9).belief.stocked > after([Appearance.FULL], out, first=9).belief.stocked
    )
    assert after([Appearance.GAP] * 2, moved, first=9).state is SlotState.OUT


def test_another_product_in_the_plan_starts_anew() -> None:
    """The slot is UNKNOWN for its new product, with a transition that ends what was said of the old one."""
    out = after([Appearance.GAP] * 4)
    planted_anew = RULES.replace_product(out, slot(0, gtin=slot(1).gtin), START)
    step = planted_anew.transitions[-1]
    assert (step.before, step.state, step.gtin) == (SlotState.OUT, SlotState.UNKNOWN, slot(1).gtin)
    assert planted_anew.belief == FILTER.prior(Watched(3, NEED))
    assert planted_anew.transition_sequence == out.transition_sequence + 1
    assert looked_at(planted_anew, look_at(3, Appearance.FULL)) is planted_anew


def test_belief_is_read_with_exact_floats() -> None:
    """JSON keeps a belief's floats to the last bit."""
    awkward = Belief(stocked=0.1 + 0.2, low=1 / 3, out=5e-324, misplaced=0.9999999999999999)
    assert Belief.decode(awkward.encode()) == awkward
    assert frame(3).received_at == START + timedelta(seconds=6)
