"""How often alerts were right, as staff said, on every database."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from rich.console import Console
from sqlalchemy import Engine
from typer.testing import CliRunner

from alerts.answered.figures import AlertGrain, alert_figures
from alerts.handler import AlertsHandler, AlertsItem
from alerts.ledger import Ledger
from alerts.model import AlertsState
from analytics.contract import SlotState
from deploy.commands.asking.history import HistoryCommands
from shelfstream.answers import AnswerKind
from shelfstream.bus.stage import Received
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import AlertBudget
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.clock import ManualClock
from shelfstream.sql import writing
from tests.unit.alerts.alert_samples import NOON, STORE, answer, at, event, everybody, policy, record, store_open

OUT, STOCKED = SlotState.OUT, SlotState.STOCKED
LIFE: list[tuple[AlertsItem, float]] = [
    (event(1, OUT, 0, slot="a1"), 0),
    (event(1, OUT, 0, slot="a2"), 0),
    (event(1, OUT, 0, slot="a3"), 0),
    (event(1, OUT, 0, slot="a4"), 0),
    (answer(AnswerKind.ACKNOWLEDGED, number=1, slot="a4"), 120),
    (answer(AnswerKind.NOT_EMPTY, number=2, slot="a1"), 300),
    (answer(AnswerKind.REFILLED, number=3, slot="a2"), 600),
    (event(2, STOCKED, 700, slot="a2"), 700),
    (event(2, STOCKED, 1200, slot="a3"), 1200),
    (answer(AnswerKind.NO_STOCK_IN_BACK, number=4, slot="a4"), 1300),
    (event(3, OUT, 86_500, slot="a2"), 86_500),
    (answer(AnswerKind.DISCONTINUED, number=5, slot="a2"), 86_600),
]


@pytest.fixture
def told(engine: Engine) -> Engine:
    """A ledger with the lives of four slots."""
    handler, state, ledger = (
        AlertsHandler(policy(), lambda store, slot, now: False),
        AlertsState(),
        Ledger(engine, everybody(), tell_cleared=False),
    )
    for item, seconds in LIFE:
        batch = [Received(record(item.message(), appended_at=at(seconds)), item)]
        outcome = handler.handle(state, batch, at(seconds))
        ledger.apply(outcome.effects)
        state = outcome.state
    return engine


def test_a_stores_figures_are_what_its_staff_said(told: Engine) -> None:
    """Right of right and wrong, with Wilson's interval; what is about the plan counts to neither."""
    (found,) = alert_figures(told, STORE, at(0), at(100_000))
    assert (found.raised, found.right, found.wrong, found.about_plan) == (5, 2, 1, 1)
    assert found.precision == pytest.approx(2 / 3)
    assert found.precision_between == pytest.approx((0.2077, 0.9385), abs=1e-3)
    assert (found.minutes_to_acknowledge, found.minutes_to_refill) == (2.0, 15.0)


def test_slots_come_with_the_worst_first_and_only_of_the_time(told: Engine) -> None:
    """The place whose alerts were wrong leads; what was raised before or after is not asked about."""
    found = alert_figures(told, STORE, at(0), at(1000), AlertGrain.SLOT)
    assert [(each.name, each.raised, each.wrong) for each in found] == [
        ("a1", 1, 1),
        ("a2", 1, 0),
        ("a3", 1, 0),
        ("a4", 1, 0),
    ]
    assert (found[2].precision, found[2].precision_between) == (None, None)
    assert alert_figures(told, "elsewhere", at(0), at(1000)) == []


@pytest.mark.parametrize(
    ("arguments", "shown"), [((), "67% (21%–94%)"), (("--csv",), "0.6667"), (("--by", "slot"), "a4")]
)
def test_the_command_tells_them(told: Engine, arguments: tuple[str, ...], shown: str) -> None:
    """As a table for people, as CSV for programs."""
    with writing(told) as connection:
        write_versions(connection, [STORE], Catalogue.of([store_open("08:00", "20:00")]), NOON, NOON)

    @contextmanager
    def opened() -> Iterator[Engine]:
        yield told

    text = io.StringIO()
    commands = HistoryCommands(opened, Console(file=text, width=160), ManualClock(at(100_000)))
    asked = ["alerts", "--store", STORE, "--from", "2026-11-02", *arguments]
    done = CliRunner().invoke(commands.app(), asked, catch_exceptions=False)
    assert done.exit_code == 0
    assert shown in done.output + text.getvalue()


def test_shifts_are_told_by_the_stores_clock(told: Engine) -> None:
    """Raised at noon UTC: in Berlin in the early shift, which ends at two; where shifts are others, in another one."""
    store = store_open("06:00", "22:00").model_copy(update={"time_zone": "Europe/Berlin"})
    begins, ends = NOON - timedelta(hours=1), NOON + timedelta(hours=2)
    (unknown,) = alert_figures(told, STORE, begins, ends, AlertGrain.SHIFT)
    assert (unknown.name, unknown.raised) == ("06:00 to 14:00", 4)
    budget = AlertBudget(wrong_most=1, shifts_begin=("05:00", "13:00"))
    with writing(told) as connection:
        whole = Catalogue.of([store.model_copy(update={"budget": budget})])
        write_versions(connection, [STORE], whole, NOON - timedelta(days=1), NOON)
    (known,) = alert_figures(told, STORE, begins, ends, AlertGrain.SHIFT)
    assert (known.name, known.raised, known.wrong) == ("13:00 to 05:00", 4, 1)
