"""What holds an alert back, until when, and what ends that before its time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import rules
from alerts.model import SlotFold, WaitsFor
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from shelfstream.catalogue.model import Store
from tests.unit.alerts.alert_samples import (
    BUTTER,
    COOLDOWN_S,
    LATER_S,
    STORE,
    answer,
    at,
    event,
    policy,
    store_open,
)

OUT, LOW, STOCKED, UNKNOWN = SlotState.OUT, SlotState.LOW, SlotState.STOCKED, SlotState.UNKNOWN
DAY_S = 86_400.0
HELD_FOR_S = {
    AnswerKind.LATER: LATER_S,
    AnswerKind.NOT_EMPTY: DAY_S,
    AnswerKind.PLAN_IS_WRONG: 14 * DAY_S,
    AnswerKind.DISCONTINUED: 14 * DAY_S,
}


def answered(kind: AnswerKind) -> SlotFold:
    """A slot whose alert somebody has answered twenty seconds after noon."""
    fold = rules.on_event(None, event(1, OUT), policy()).fold
    told = rules.on_answer(fold, answer(kind), at(20), policy())
    assert [step.record.why for step in told.steps] == [kind.value]
    return told.fold


@pytest.mark.parametrize("kind", HELD_FOR_S)
def test_an_answer_closes_the_alert_and_holds_the_next_one(kind: AnswerKind) -> None:
    """Nothing is raised about the same gap before the hold is over, hidden or not; then it is told again, once."""
    fold = answered(kind)
    assert fold.open is None
    until_s = 20 + HELD_FOR_S[kind]
    assert (fold.due_at, fold.waits_for) == (at(until_s), fold.hold.kind if fold.hold else None)
    seen = rules.on_event(fold, event(2, UNKNOWN), policy()).fold
    again = rules.on_event(seen, event(3, OUT), policy())
    assert again.steps == ()
    assert rules.on_time(again.fold, at(until_s - 1), policy()).steps == ()
    told = rules.on_time(again.fold, at(until_s), policy())
    assert [step.record.raised_at for step in told.steps] == [at(until_s)]
    assert told.fold.hold is None


@pytest.mark.parametrize("kind", [AnswerKind.LATER, AnswerKind.NOT_EMPTY, AnswerKind.REFILLED])
def test_restocked_and_empty_again_is_news(kind: AnswerKind) -> None:
    """The camera saw it filled: whatever was said of the gap before it holds no longer."""
    filled = rules.on_event(answered(kind), event(3, STOCKED), policy()).fold
    assert len(rules.on_event(filled, event(4, OUT), policy()).steps) == 1


@pytest.mark.parametrize("kind", [AnswerKind.PLAN_IS_WRONG, AnswerKind.DISCONTINUED])
def test_what_is_not_wanted_stays_so_until_the_plan_changes(kind: AnswerKind) -> None:
    """Filled by chance and empty again it is as unwanted as before; planned for another product it is not."""
    filled = rules.on_event(answered(kind), event(3, STOCKED), policy()).fold
    assert rules.on_event(filled, event(4, OUT), policy()).steps == ()
    assert len(rules.on_event(filled, event(4, OUT, gtin=BUTTER), policy()).steps) == 1


def test_a_worse_state_is_news() -> None:
    """Put off while it was low, it is told at once when nothing is left."""
    both = policy(raise_on=frozenset({LOW, OUT}))
    fold = rules.on_event(None, event(1, LOW), both).fold
    later = rules.on_answer(fold, answer(AnswerKind.LATER), at(20), both).fold
    assert rules.on_event(later, event(3, LOW), both).steps == ()
    assert len(rules.on_event(later, event(3, OUT), both).steps) == 1


def test_a_gap_in_which_a_little_is_seen_now_and_then_is_told_once_in_a_while() -> None:
    """Empty, nearly, empty, nearly: one alert, and the next not before the cooldown is over; filled, it is news."""
    fold = rules.on_event(None, event(1, OUT), policy()).fold
    closed = rules.on_event(fold, event(2, LOW), policy())
    assert closed.fold.hold is not None
    assert closed.fold.hold.kind is WaitsFor.COOLDOWN
    held = rules.on_event(closed.fold, event(3, OUT), policy())
    assert (held.steps, held.fold.due_at) == ((), at(20 + COOLDOWN_S))
    low = rules.on_event(held.fold, event(4, LOW), policy()).fold
    assert rules.on_event(low, event(5, OUT), policy()).fold.due_at == at(20 + COOLDOWN_S)
    filled = rules.on_event(low, event(5, STOCKED), policy()).fold
    assert len(rules.on_event(filled, event(6, OUT), policy()).steps) == 1


def test_a_hold_survives_the_ledger() -> None:
    """What is read back is what was written."""
    fold = answered(AnswerKind.LATER)
    assert SlotFold.model_validate_json(fold.model_dump_json()) == fold


BERLIN = ZoneInfo("Europe/Berlin")
_CLOCK = (
    st.integers(0, 47)
    .filter(lambda half_hours: half_hours // 2 != 2)
    .map(lambda half_hours: f"{half_hours // 2:02d}:{half_hours % 2 * 30:02d}")
)
"""Not between two and three: a clock that is put back shows that twice, and a stretch ends when it does so last."""
_STRETCH = st.tuples(_CLOCK, _CLOCK).filter(lambda pair: pair[0] < pair[1])


@given(
    opening=_STRETCH,
    quiet=st.lists(_STRETCH, max_size=2),
    day=st.sampled_from([date(2026, 3, 28), date(2026, 10, 24), date(2026, 7, 1)]),
    minute=st.integers(0, 4 * 24 * 60),
)
def test_people_are_told_at_the_first_minute_at_which_they_may_be(
    opening: tuple[str, str], quiet: list[tuple[str, str]], day: date, minute: int
) -> None:
    """Opening and quiet hours go by the store's clock, on both days on which it is changed too: minute by minute."""
    store = _store(opening, quiet)
    at_ = datetime.combine(day, time.min, BERLIN).astimezone(UTC) + timedelta(minutes=minute)
    found = policy(store=store).told_from(STORE, at_).at
    walked = at_
    while walked < at_ + timedelta(days=15) and not _may(walked, opening, quiet):
        walked += timedelta(minutes=1)
    assert found == walked


def _store(opening: tuple[str, str], quiet: list[tuple[str, str]]) -> Store:
    hours = store_open(*opening).hours
    spelled = [{"opens": first, "closes": last} for first, last in quiet]
    changed = {"time_zone": "Europe/Berlin", "hours": hours, "quiet": dict.fromkeys(hours, spelled)}
    return Store.model_validate(store_open(*opening).model_dump() | changed)


def _may(moment: datetime, opening: tuple[str, str], quiet: list[tuple[str, str]]) -> bool:
    shown = f"{moment.astimezone(BERLIN):%H:%M}"
    return opening[0] <= shown < opening[1] and not any(first <= shown < last for first, last in quiet)


def test_it_says_what_it_waits_for() -> None:
    """Quiet hours, opening, or the delay: whichever lets it wait longest."""
    quiet = store_open("08:00", "20:00").model_copy(update={"quiet": store_open("12:00", "13:00").hours})
    fold = rules.on_event(None, event(1, OUT), policy(store=quiet)).fold
    assert (fold.due_at, fold.waits_for) == (at(3600), WaitsFor.QUIET_HOURS)
    closed = rules.on_event(None, event(1, OUT), policy(store=store_open("14:00", "20:00"))).fold
    assert closed.waits_for is WaitsFor.OPENING
    assert rules.on_event(None, event(1, OUT), policy(raise_after_s=60)).fold.waits_for is WaitsFor.LASTING
