"""The belief filter by itself: a distribution whatever is seen, and no certainty from errors that last."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.believing.belief import BeliefFilter, Watched, chances_of
from analytics.believing.sensor import SeenAs
from shelfstream.answers import AnswerKind
from tests.unit.analytics.analytics_shelf import CAMERA, SETTINGS

FILTER = BeliefFilter(SETTINGS.belief, SETTINGS.sensor)
SLOTS = st.builds(lambda planned, need: Watched(planned, min(need, planned)), st.integers(1, 12), st.integers(1, 12))


@given(slot_seen=SLOTS, looks=st.lists(st.sampled_from(SeenAs), max_size=12), elapsed_s=st.floats(-1e5, 1e7))
def test_belief_stays_a_distribution(slot_seen: Watched, looks: list[SeenAs], elapsed_s: float) -> None:
    """Whatever is seen by which camera, and whatever the clock does, chances are none below zero and sum to one."""
    minds: dict[str, str] = {}
    for number, look in enumerate(looks):
        ((minds, belief),) = FILTER.seen([minds], [slot_seen], f"c{number % 2}", [look], [(elapsed_s, 2 * elapsed_s)])
        assert sum(chances_of(belief)) == pytest.approx(1, abs=1e-6)
        assert min(chances_of(belief)) >= 0
        fill = FILTER.fill(minds, slot_seen)
        assert fill is not None
        assert 0 <= fill.low <= fill.high <= 1
        assert 0 <= fill.share <= 1


@given(slot_seen=SLOTS, look=st.sampled_from(SeenAs))
def test_without_evidence_belief_goes_back_to_what_is_usual(slot_seen: Watched, look: SeenAs) -> None:
    """A month later nothing is left of what was seen: any look then says what it says of a slot in any state."""

    def later(first: SeenAs) -> list[float]:
        ((minds, _),) = FILTER.seen([{}], [slot_seen], CAMERA, [first], [(0.0, 0.0)])
        ((_, belief),) = FILTER.seen([minds], [slot_seen], CAMERA, [look], [(2.6e6, 2.6e6)])
        return chances_of(belief)

    assert later(SeenAs.ONE) == pytest.approx(later(SeenAs.GAP), abs=0.02)


def test_the_same_look_again_and_again_adds_up_to_no_certainty() -> None:
    """A place that looked bare from the first is not surely empty, in a minute or in a day: this model may miss what is
    there. One that was seen to be full and then shows a gap is.
    """
    slot_seen = Watched(1, 1)
    minds: dict[str, str] = {}
    for _ in range(600):
        ((minds, belief),) = FILTER.seen([minds], [slot_seen], CAMERA, [SeenAs.BARE], [(60.0, 60.0)])
        assert belief.out < SETTINGS.belief.decide_at
    minds = {}
    for look in [SeenAs.ONE] * 5 + [SeenAs.GAP] * 3:
        ((minds, belief),) = FILTER.seen([minds], [slot_seen], CAMERA, [look], [(60.0, 60.0)])
    assert belief.out > SETTINGS.belief.decide_at


def test_what_staff_say_is_remembered_of_the_eyes() -> None:
    """Told that a place which looks like a gap is not empty, the belief expects it to go on looking so."""
    slot_seen = Watched(1, 1)
    minds: dict[str, str] = {}
    for look in [SeenAs.ONE] * 5 + [SeenAs.GAP] * 5:
        ((minds, belief),) = FILTER.seen([minds], [slot_seen], CAMERA, [look], [(60.0, 60.0)])
    assert belief.out > 0.95
    answered = FILTER.answered(minds, slot_seen, AnswerKind.NOT_EMPTY)
    again = FILTER.answered(answered[0], slot_seen, AnswerKind.NOT_EMPTY) if answered else None
    assert again is not None
    minds, belief = again
    assert belief.stocked > 0.9
    for _ in range(10):
        ((minds, belief),) = FILTER.seen([minds], [slot_seen], CAMERA, [SeenAs.GAP], [(60.0, 60.0)])
        assert belief.stocked > 0.5


def test_two_cameras_are_surer_than_one() -> None:
    """What both show counts for more than what one shows twice."""
    slot_seen = Watched(1, 1)

    def seen(cameras: Sequence[str]) -> float:
        minds: dict[str, str] = {}
        for camera, look in [(each, SeenAs.ONE) for each in ("a", "b")] + [(each, SeenAs.BARE) for each in cameras]:
            ((minds, belief),) = FILTER.seen([minds], [slot_seen], camera, [look], [(30.0, 60.0)])
        return belief.out

    assert seen(["a", "b", "a", "b"]) > seen(["a", "a", "a", "a"])


@given(st.text(max_size=40), st.sampled_from(SeenAs))
def test_a_damaged_mind_is_a_mind_that_knows_nothing(mind: str, look: SeenAs) -> None:
    """Whatever a level carries there, the next look is taken in."""
    ((_, belief),) = FILTER.seen([{CAMERA: mind}], [Watched(3, 2)], CAMERA, [look], [(60.0, 60.0)])
    assert sum(chances_of(belief)) == pytest.approx(1, abs=1e-6)


def test_a_mind_of_another_number_of_levels_is_forgotten() -> None:
    """The plan gave the slot other facings: what was believed of the old ones says nothing."""
    ((minds, _),) = FILTER.seen([{}], [Watched(1, 1)], CAMERA, [SeenAs.GAP], [(60.0, 60.0)])
    ((_, belief),) = FILTER.seen([minds], [Watched(4, 2)], CAMERA, [SeenAs.FOUR], [(60.0, 60.0)])
    assert belief.stocked > 0.9


def test_how_full_a_slot_is_comes_with_how_sure_that_is() -> None:
    """Three of four counted again and again: between two quarters and all, three quarters likeliest. A gap: nothing."""
    slot_seen = Watched(4, 1)
    minds: dict[str, str] = {}
    for _ in range(5):
        ((minds, _),) = FILTER.seen([minds], [slot_seen], CAMERA, [SeenAs.THREE], [(60.0, 60.0)])
    fill = FILTER.fill(minds, slot_seen)
    assert fill is not None
    assert fill.low == 0.75
    assert fill.high == 1
    assert 0.75 <= fill.share < 1
    for _ in range(4):
        ((minds, _),) = FILTER.seen([minds], [slot_seen], CAMERA, [SeenAs.GAP], [(60.0, 60.0)])
    emptied = FILTER.fill(minds, slot_seen)
    assert emptied is not None
    assert (emptied.low, emptied.high) == (0, 0)
    assert emptied.share == pytest.approx(0, abs=0.05)
