"""Any interleaving of events, answers, time, repeats, late records and restarts keeps the promises of alerts."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerts.contract import AlertRecord, AlertStatus
from alerts.handler import AlertsHandler, AlertsItem
from alerts.model import AlertsState, SlotFold
from analytics.contract import SlotState, StockEvent
from shelfstream.answers import AnswerKind
from shelfstream.bus.api import Message
from shelfstream.bus.stage import Received
from shelfstream.catalogue.hours import is_open, quiet_intervals
from shelfstream.catalogue.model import AlertBudget, Store
from tests.unit.alerts.alert_samples import GRACE_S, answer, at, event, policy, record, retired, store_open

SLOTS = ("a1", "a2")
STATES = st.sampled_from(list(SlotState))


MARKET = store_open("08:00", "20:00").model_copy(update={"quiet": store_open("12:10", "12:30").hours})
"""From ten minutes after the log's beginning on it is quiet for twenty, and closed from eight hours after it on."""


def _handler(store: Store = MARKET) -> AlertsHandler:
    return AlertsHandler(policy(store=store), lambda store, slot, now: False)


class Alerting(RuleBasedStateMachine):
    """One process with a ledger; ``log`` is what was on the bus, in order."""

    store = MARKET

    def __init__(self) -> None:
        super().__init__()
        self.handler = _handler(self.store)
        self.state = AlertsState()
        self.ledger: dict[tuple[str, str], SlotFold] = {}
        self.steps: dict[tuple[str, int], AlertRecord] = {}
        self.log: list[tuple[Message, float]] = []
        self.newest = dict.fromkeys(SLOTS, 0)
        self.retired: set[str] = set()
        self.silent: set[tuple[str, int]] = set()
        self.now_s, self.ticked_s = 0.0, -1.0
        self.answers = 0

    @rule(slot=st.sampled_from(SLOTS), state=STATES, passed_s=st.floats(0.0, 400.0), skipped=st.integers(1, 2))
    def something_happens(self, slot: str, state: SlotState, passed_s: float, skipped: int) -> None:
        self.now_s += passed_s
        self.newest[slot] += skipped
        self.retired.discard(slot)
        self._read([event(self.newest[slot], state, self.now_s, slot=slot).message()])

    @rule(slot=st.sampled_from(SLOTS), passed_s=st.floats(0.0, 400.0))
    def a_slot_leaves_the_plan(self, slot: str, passed_s: float) -> None:
        self.now_s += passed_s
        self.newest[slot] += 1
        self.retired.add(slot)
        self._read([retired(self.newest[slot], self.now_s, slot=slot).message()])

    @rule(slot=st.sampled_from(SLOTS), kind=st.sampled_from(list(AnswerKind)), passed_s=st.floats(0.0, 100.0))
    def somebody_answers(self, slot: str, kind: AnswerKind, passed_s: float) -> None:
        self.now_s += passed_s
        self.answers += 1
        self._read([answer(kind, self.now_s, number=self.answers, slot=slot).message()])

    @rule(passed_s=st.floats(0.0, GRACE_S) | st.sampled_from([8 * 3600.0, 86_400.0]))
    def time_passes(self, passed_s: float) -> None:
        self.now_s += passed_s
        self._handle([])
        self.ticked_s = self.now_s

    @precondition(lambda self: self.log)
    @rule(data=st.data())
    def records_come_again_and_late(self, data: st.DataObject) -> None:
        before = self.state
        events = [message for message, _ in self.log if message.topic == "shelf.events"]
        if events:
            self._handle(data.draw(st.lists(st.sampled_from(events), min_size=1, max_size=4)), remember=False)
            assert self.state is before

    @rule()
    def the_process_is_restarted(self) -> None:
        self.state = AlertsState().with_folds(
            SlotFold.model_validate_json(fold.model_dump_json()) for fold in self.ledger.values()
        )

    @invariant()
    def one_open_alert_per_slot_and_the_ledger_is_the_fold(self) -> None:
        standing: dict[str, AlertRecord] = {}
        for step in self.steps.values():
            held = standing.get(step.alert_id)
            if held is None or held.step < step.step:
                standing[step.alert_id] = step
        open_now = [each for each in standing.values() if each.cleared_at is None]
        assert len({each.slot for each in open_now}) == len(open_now)
        assert {(each.store, each.slot, each.alert_id) for each in open_now} == {
            (fold.store, fold.slot, fold.open.alert_id) for fold in self.ledger.values() if fold.open is not None
        }
        assert {(fold.store, fold.slot): fold for fold in self.state.folds()} == self.ledger

    @invariant()
    def what_is_seen_stocked_has_no_open_alert(self) -> None:
        for fold in self.ledger.values():
            if fold.state in (SlotState.STOCKED, SlotState.LOW):
                assert fold.open is None
            if fold.state is not SlotState.OUT:
                assert fold.due_at is None

    @invariant()
    def nobody_is_told_at_noon_or_at_night(self) -> None:
        for step in self.steps.values():
            if step.status is AlertStatus.RAISED and (step.alert_id, step.step) not in self.silent:
                assert is_open(MARKET, step.at)
                assert not list(quiet_intervals(MARKET, step.at, step.at + timedelta(microseconds=1)))

    @invariant()
    def what_nobody_took_in_time_was_told_to_others(self) -> None:
        """No alert waits for anybody for longer than it may, but for times in which nobody is told."""
        for fold in self.ledger.values():
            if fold.open is not None and fold.open.escalates_at is not None and self.ticked_s == self.now_s:
                assert fold.open.escalates_at > at(self.now_s)

    @invariant()
    def what_is_out_and_not_told_says_when_it_will_be(self) -> None:
        for fold in self.ledger.values():
            if fold.state is SlotState.OUT and fold.open is None:
                assert fold.due_at is not None
                assert fold.waits_for is not None
            assert fold.hold is None or fold.open is None

    @invariant()
    def nothing_is_open_or_due_where_nothing_is_planned(self) -> None:
        for fold in self.ledger.values():
            if fold.slot in self.retired:
                assert fold.open is None
                assert fold.due_at is None

    def _read(self, messages: Sequence[Message]) -> None:
        self.log.extend((message, self.now_s) for message in messages)
        self._handle(messages)

    def _handle(self, messages: Sequence[Message], *, remember: bool = True) -> None:
        records = [record(message, appended_at=at(self.now_s)) for message in messages]
        batch = [Received(each, item) for each in records if (item := self.handler.decode(each)) is not None]
        outcome = self.handler.handle(self.state, batch, at(self.now_s))
        for message in [message for wave in outcome.waves for message in wave]:
            step = AlertRecord.decode(message.value)
            assert (step.alert_id, step.step) not in self.steps
            assert step.step == 1 or (step.alert_id, step.step - 1) in self.steps
            self.steps[step.alert_id, step.step] = step
        for write in outcome.effects:
            key = (write.fold.store, write.fold.slot)
            held = self.ledger.get(key)
            assert write.expected == (held.revision if held else 0)
            self.ledger[key] = write.fold
            self.silent |= {(step.record.alert_id, step.record.step) for step in write.steps if step.silent}
        self.state = outcome.state


Alerting.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAlerting = Alerting.TestCase


class AlertingWithinBudget(Alerting):
    """The same promises where alerts that may be wrong are held back."""

    store = MARKET.model_copy(update={"budget": AlertBudget(wrong_most=0, shifts_begin=("12:20", "12:40"))})


AlertingWithinBudget.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAlertingWithinBudget = AlertingWithinBudget.TestCase


@given(
    states=st.lists(STATES, min_size=1, max_size=12),
    cuts=st.sets(st.integers(1, 12)),
    repeats=st.lists(st.integers(0, 11), max_size=12),
)
def test_the_same_log_gives_the_same_records_however_it_is_cut(
    states: list[SlotState], cuts: set[int], repeats: list[int]
) -> None:
    """Batches, repeats and restarts change no record but its time of emission: what lagged is on record as it was."""
    events = [event(number, state) for number, state in enumerate(states, 1)]
    plain = _records([events])
    parts: list[list[StockEvent]] = [[]]
    for number, each in enumerate(events):
        if number in cuts:
            parts.append([])
        parts[-1].append(each)
        parts[-1].extend(events[again] for again in repeats if again <= number)
    assert _records(parts) == plain


def _records(parts: list[list[StockEvent]]) -> list[AlertRecord]:
    handler, state = _handler(), AlertsState()
    records: list[AlertRecord] = []
    for number, part in enumerate(parts):
        batch: list[Received[AlertsItem]] = [Received(record(each.message()), each) for each in part]
        outcome = handler.handle(state, batch, at(10_000 + number))
        state = AlertsState().with_folds(outcome.state.folds())
        records += [AlertRecord.decode(message.value) for wave in outcome.waves for message in wave]
    return [each.model_copy(update={"emitted_at": None}) for each in records]


def test_every_alert_begins_raised_and_says_when_it_was_said() -> None:
    """The first step is RAISED with number 1 and carries the process's own time."""
    handler = _handler()
    each = event(1, SlotState.OUT)
    outcome = handler.handle(AlertsState(), [Received(record(each.message()), each)], at(99))
    step = AlertRecord.decode(outcome.waves[0][0].value)
    assert (step.step, step.status, step.raised_at, step.emitted_at) == (1, AlertStatus.RAISED, at(10), at(99))
