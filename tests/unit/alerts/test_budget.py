"""A budget of wrong alerts: what it holds back, what it learns from answers, and that its sums are right."""

from datetime import timedelta
from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.budget import LOOKS_AGAIN, ShiftBook, chance_of_more, with_verdict
from alerts.handler import AlertsHandler
from alerts.model import AlertsState, SlotFold, WaitsFor
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from shelfstream.bus.stage import Received
from shelfstream.catalogue.hours import shift_at
from shelfstream.catalogue.model import AlertBudget, Store
from tests.unit.alerts.alert_samples import STORE, answer, at, event, policy, record, store_open

OUT, STOCKED = SlotState.OUT, SlotState.STOCKED
BUDGET = AlertBudget(wrong_most=1, shifts_begin=("06:00", "14:00"))
CHANCES = st.lists(st.floats(0.0, 1.0), max_size=7)


class Running:
    """The stage's handler for a store with a budget, told of things one by one."""

    def __init__(self, most: int = 1) -> None:
        self.store = store_open("06:00", "22:00").model_copy(
            update={"budget": BUDGET.model_copy(update={"wrong_most": most})}
        )
        self.handler = AlertsHandler(policy(store=self.store, escalate_after_s=0.0), lambda _s, _p, _n: False)
        self.state = AlertsState()
        self.answers = 0

    def sees(self, slot: str, state: SlotState, seconds: float) -> None:
        fold = self.state.fold(STORE, slot)
        seen = event((fold.sequence if fold else 0) + 1, state, seconds, slot=slot)
        self._handle(record(seen.message(), appended_at=at(seconds)), seconds)

    def says(self, slot: str, kind: AnswerKind, seconds: float) -> None:
        self.answers += 1
        said = answer(kind, seconds, number=self.answers, slot=slot)
        self._handle(record(said.message(), appended_at=at(seconds)), seconds)

    def ticks(self, seconds: float) -> None:
        self.state = self.handler.handle(self.state, [], at(seconds)).state

    def fold(self, slot: str) -> SlotFold:
        found = self.state.fold(STORE, slot)
        assert found is not None
        return found

    def book(self, seconds: float) -> ShiftBook:
        return _book(self.store, self.state, seconds)

    def _handle(self, received: object, seconds: float) -> None:
        item = self.handler.decode(received)  # type: ignore[arg-type]
        assert item is not None
        self.state = self.handler.handle(self.state, [Received(received, item)], at(seconds)).state  # type: ignore[arg-type]


def _book(store: Store, state: AlertsState, seconds: float) -> ShiftBook:
    assert store.budget is not None
    shift = shift_at(store, store.budget, at(seconds))
    return ShiftBook.of(store.budget.wrong_most, shift, state.slots(STORE).values())


def _by_hand(chances: list[float], most: int) -> float:
    told = (zip(chances, drawn, strict=True) for drawn in product((False, True), repeat=len(chances)))
    return sum(
        prod(chance if is_so else 1 - chance for chance, is_so in pairs)
        for pairs in map(list, told)
        if sum(is_so for _, is_so in pairs) > most
    )


@settings(max_examples=100, deadline=None)
@given(CHANCES, st.integers(0, 4))
def test_the_chance_of_too_many_is_that_of_all_ways_it_can_come_about(chances: list[float], most: int) -> None:
    """The convolution agrees with counting every outcome."""
    assert chance_of_more(chances, most) == pytest.approx(_by_hand(chances, most), abs=1e-9)


def test_without_a_budget_every_gap_is_told_at_once() -> None:
    """What wrong alerts a store had holds back nothing where nobody asked for it."""
    handler = AlertsHandler(policy(store=store_open("06:00", "22:00")), lambda _s, _p, _n: False)
    state = AlertsState()
    for number in range(20):
        seen = record(event(1, OUT, 10.0, slot=f"p{number}").message(), appended_at=at(10))
        item = handler.decode(seen)
        assert item is not None
        state = handler.handle(state, [Received(seen, item)], at(10)).state
    assert all(fold.open is not None and not fold.lately for fold in state.folds())


def test_once_the_shift_has_had_its_wrong_ones_others_wait_for_the_next() -> None:
    """A gap that may be wrong is held with its reason, and told when the next shift begins."""
    running = Running(most=1)
    running.sees("early", OUT, 10.0)
    running.says("early", AnswerKind.NOT_EMPTY, 60.0)
    running.sees("late", OUT, 120.0)
    held = running.fold("late")
    assert held.open is None
    assert held.waits_for is WaitsFor.BUDGET
    assert held.due_at == at(120) + LOOKS_AGAIN
    for minute in range(3, 120):
        running.ticks(minute * 60.0)
        assert running.fold("late").open is None
    running.ticks(2 * 3600.0)
    raised = running.fold("late").open
    assert raised is not None
    assert raised.raised_at == at(2 * 3600.0)


def test_alerts_that_prove_right_make_room_for_others() -> None:
    """The same shift tells more of places whose alerts staff confirm than of places that they were not asked about."""
    told = {}
    for confirms in (False, True):
        running = Running(most=1)
        for number in range(40):
            running.sees(f"p{number}", OUT, 10.0 + number * 60)
            if confirms and running.fold(f"p{number}").open is not None:
                running.says(f"p{number}", AnswerKind.REFILLED, 40.0 + number * 60)
        told[confirms] = sum(fold.raises for fold in running.state.folds())
    assert 0 < told[False] < told[True]


def test_a_place_that_is_often_wrong_is_trusted_less_and_one_that_is_right_more() -> None:
    """The same sureness of the eyes counts by what staff said of that place before."""
    running = Running(most=100)
    for round_s in range(0, 6 * 600, 600):
        for slot, kind in (("good", AnswerKind.REFILLED), ("bad", AnswerKind.NOT_EMPTY)):
            running.sees(slot, OUT, 10.0 + round_s)
            running.says(slot, kind, 30.0 + round_s)
            running.sees(slot, STOCKED, 60.0 + round_s)
    running.sees("unknown", OUT, 4000.0)
    book = running.book(4000.0)
    good, unknown, bad = (book.chance_wrong(running.fold(slot), at(4000)) for slot in ("good", "unknown", "bad"))
    assert good < unknown < bad
    year = timedelta(days=365)
    assert book.chance_wrong(running.fold("bad"), at(4000) + year) == pytest.approx(unknown, rel=0.05)


def test_an_alert_is_judged_once_and_answers_about_the_plan_judge_nothing() -> None:
    """The first answer counts; that the plan is wrong is not the eyes' fault."""
    running = Running(most=3)
    running.sees("a1", OUT, 10.0)
    running.says("a1", AnswerKind.NO_STOCK_IN_BACK, 20.0)
    running.says("a1", AnswerKind.NOT_EMPTY, 30.0)
    fold = running.fold("a1")
    assert (fold.said.wrong, fold.said.right) == (0.0, 1.0)
    assert with_verdict(fold, "no such alert", at(40), wrong=True) is fold
    running.sees("b1", OUT, 10.0)
    running.says("b1", AnswerKind.PLAN_IS_WRONG, 20.0)
    assert running.fold("b1").said.at is None


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(0, 3))
def test_a_shift_never_risks_more_than_it_may(data: st.DataObject, most: int) -> None:
    """Whatever is seen and answered: what a shift's alerts risk stays below the bound, and a book that was kept up is
    the one made anew.
    """
    running, now_s = Running(most), 0.0
    kept = _book(running.store, running.state, 0.0)
    for _ in range(data.draw(st.integers(1, 40))):
        slot = f"p{data.draw(st.integers(0, 8))}"
        now_s += data.draw(st.floats(1.0, 60.0))
        before = running.state.fold(STORE, slot)
        if data.draw(st.booleans()):
            running.sees(slot, data.draw(st.sampled_from([OUT, STOCKED])), now_s)
        else:
            running.says(slot, data.draw(st.sampled_from([AnswerKind.NOT_EMPTY, AnswerKind.REFILLED])), now_s)
        after = running.state.fold(STORE, slot)
        if after is not None:
            kept.replace(before, after)
    anew = running.book(now_s)
    assert sum(each.risk for fold in running.state.folds() for each in fold.lately) <= 0.04 + 1e-9
    for fold in running.state.folds():
        assert kept.chance_wrong(fold, at(now_s)) == pytest.approx(anew.chance_wrong(fold, at(now_s)))
        assert kept.risk(fold, at(now_s)) == pytest.approx(anew.risk(fold, at(now_s)), abs=1e-9)
