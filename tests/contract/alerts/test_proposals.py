"""What staff say about the plan is gathered by place and product, and settled once."""

from datetime import timedelta

from sqlalchemy import Engine

from alerts.answered.proposals import plan_proposals, settle
from alerts.handler import AlertsHandler, AlertsItem
from alerts.ledger import Ledger
from alerts.model import AlertsState
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from shelfstream.bus.stage import Received
from tests.unit.alerts.alert_samples import MILK, NOON, STORE, answer, at, event, everybody, policy, record

OUT, STOCKED = SlotState.OUT, SlotState.STOCKED
LONG_AGO = NOON - timedelta(days=30)


class Told:
    """A ledger that is told of events and answers."""

    def __init__(self, engine: Engine) -> None:
        self.ledger = Ledger(engine, everybody(), tell_cleared=False)
        self.handler = AlertsHandler(policy(cooldown_s=0.0), lambda _s, _p, _n: False)
        self.state = AlertsState()
        self.number = 0

    def __call__(self, item: AlertsItem, seconds: float) -> None:
        batch = [Received(record(item.message(), appended_at=at(seconds)), item)]
        done = self.handler.handle(self.state, batch, at(seconds))
        self.ledger.apply(done.effects)
        self.state = done.state

    def said(self, kind: AnswerKind, seconds: float, *, slot: str = "a1") -> None:
        self.number += 1
        self(answer(kind, seconds, number=self.number, slot=slot), seconds)


def test_what_is_said_about_the_plan_is_a_proposal_and_other_answers_are_not(engine: Engine) -> None:
    """Of four slots one is wrong in the plan, one no longer sold, one refilled and one not empty."""
    told = Told(engine)
    kinds = {
        "a1": AnswerKind.PLAN_IS_WRONG,
        "b2": AnswerKind.DISCONTINUED,
        "c3": AnswerKind.REFILLED,
        "d4": AnswerKind.NOT_EMPTY,
    }
    for number, (slot, kind) in enumerate(kinds.items()):
        told(event(1, OUT, 10.0, slot=slot), 10.0)
        told.said(kind, 20.0 + number, slot=slot)
    newest, older = plan_proposals(engine, [STORE], LONG_AGO)
    assert (newest.slot, newest.kind, newest.gtin, newest.times) == ("b2", AnswerKind.DISCONTINUED, MILK, 1)
    assert (older.slot, older.kind, older.bay, older.last_at) == ("a1", AnswerKind.PLAN_IS_WRONG, "dairy-1", at(20.0))
    assert plan_proposals(engine, ["elsewhere"], LONG_AGO) == []
    assert plan_proposals(engine, [STORE], at(20.5)) == [newest]


def test_what_is_said_again_and_again_is_one_proposal_that_counts(engine: Engine) -> None:
    """Another product stands there: said of two alerts of the same place."""
    told = Told(engine)
    for round_s in (0.0, 1000.0):
        told(event(int(round_s / 500) + 1, OUT, round_s + 10), round_s + 10)
        told.said(AnswerKind.WRONG_PRODUCT, round_s + 20)
        told(event(int(round_s / 500) + 2, STOCKED, round_s + 30), round_s + 30)
    (proposal,) = plan_proposals(engine, [STORE], LONG_AGO)
    assert (proposal.times, proposal.first_at, proposal.last_at) == (2, at(20.0), at(1020.0))


def test_what_was_settled_comes_back_only_when_it_is_said_anew(engine: Engine) -> None:
    """Settled twice it stays settled; the same answer later is a new proposal."""
    told = Told(engine)
    told(event(1, OUT, 10.0), 10.0)
    told.said(AnswerKind.WRONG_PRODUCT, 20.0)
    (proposal,) = plan_proposals(engine, [STORE], LONG_AGO)
    for seconds in (30.0, 40.0):
        settle(engine, proposal, "olga", at(seconds))
        assert plan_proposals(engine, [STORE], LONG_AGO) == []
    told.said(AnswerKind.WRONG_PRODUCT, 50.0)
    (again,) = plan_proposals(engine, [STORE], LONG_AGO)
    assert (again.times, again.first_at) == (1, at(50.0))
