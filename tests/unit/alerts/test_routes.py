"""Who is told: the first route that fits and is on shift, else the deputy, and never nobody."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts import rules
from alerts.contract import AlertRecord
from alerts.model import NotificationKind
from alerts.routes import Routes
from analytics.contract import SlotState
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, Product, Shelf, Store
from tests.unit.alerts.alert_samples import MILK, STORE, at, event, policy, store_open

MORNING, NIGHT = {"mon": [{"opens": "06:00", "closes": "12:30"}]}, {"mon": [{"opens": "22:00", "closes": "24:00"}]}
TAGS = {"chat": frozenset({"early", "all"}), "mail": frozenset({"manager"}), "app": frozenset({"dairy"})}
RAISED, ESCALATED = NotificationKind.RAISED, NotificationKind.ESCALATED
BAY = Bay(
    store=STORE,
    id="dairy-1",
    aisle="A3",
    width_mm=1250,
    height_mm=2000,
    shelves=(Shelf(id="s1", y_mm=100, clearance_mm=300),),
)
PRODUCT = Product(store=STORE, gtin=MILK, name="Milk", category="Dairy", price=Decimal("2.00"), sales_per_day=60)


def store(*routes: Mapping[str, object], deputy: object = "manager", escalates_to: object = ()) -> Store:
    """A store that is open from eight to eight, in UTC, and has these routes. The samples' noon is a Monday's."""
    fields = store_open("08:00", "20:00").model_dump(mode="json")
    return Store.model_validate({**fields, "routes": routes, "deputy": deputy, "escalates_to": escalates_to})


def told(
    market: Store | None, telling: NotificationKind = RAISED, seconds: float = 0.0, state: SlotState = SlotState.OUT
) -> tuple[str, ...]:
    """The channels that are told of an alert about the milk."""
    catalogue = Catalogue.of([*([market] if market else []), BAY, PRODUCT])
    return Routes(TAGS, lambda: catalogue).told(record(state), telling, at(seconds))


def record(state: SlotState = SlotState.OUT) -> AlertRecord:
    """An alert about the milk, as it is raised."""
    both = policy(raise_on=frozenset({SlotState.OUT, SlotState.LOW}))
    return rules.on_event(None, event(1, state), both).steps[0].record


def test_without_routes_everybody_is_told() -> None:
    """A store that says nothing, or that is not in the catalogue, keeps nobody from knowing."""
    assert told(store_open("08:00", "20:00")) == told(None) == ("chat", "mail", "app")


@pytest.mark.parametrize(
    ("fits", "fits_not"),
    [
        ({"hours": MORNING}, {"hours": NIGHT}),
        ({"aisles": ["A3"]}, {"aisles": ["A4", "A5"]}),
        ({"categories": ["Dairy", "Cheese"]}, {"categories": ["Bread"]}),
        ({"states": ["OUT"]}, {"states": ["LOW"]}),
        ({"at_risk_per_h": 10.0}, {"at_risk_per_h": 10.1}),
        ({}, {"aisles": ["A3"], "categories": ["Bread"]}),
    ],
)
def test_a_route_tells_of_what_fits_all_that_it_names(fits: dict[str, object], fits_not: dict[str, object]) -> None:
    """Shift, aisle, category, state and money at risk (2.00 each, 60 a day of 12 hours: 10 an hour)."""
    assert told(store({"tells": "early", **fits})) == ("chat",)
    assert told(store({"tells": "early", **fits_not})) == ("mail",)


def test_the_first_route_that_fits_tells() -> None:
    """Special routes stand before general ones."""
    dairy, rest = {"tells": ["dairy"], "categories": ["Dairy"]}, {"tells": ["early"]}
    assert told(store(dairy, rest)) == ("app",)
    assert told(store(rest, dairy)) == ("chat",)


def test_a_shift_is_over_when_it_is_over() -> None:
    """At half past twelve nobody of the morning is told any more: the deputy is."""
    assert told(store({"tells": "early", "hours": MORNING}), seconds=30 * 60) == ("mail",)


def test_what_nobody_takes_goes_to_whom_it_escalates() -> None:
    """Where nobody is named for that, those who are on shift are told again."""
    shift = {"tells": "early"}
    assert told(store(shift, escalates_to=["manager", "dairy"]), ESCALATED) == ("mail", "app")
    assert told(store(shift), ESCALATED) == ("chat",)


def test_tags_that_no_channel_has_are_passed_over() -> None:
    """A name that is misspelt in the settings keeps no alert from people."""
    assert told(store({"tells": "evening"})) == ("mail",)
    assert told(store({"tells": "evening"}, deputy="nobody")) == ("chat", "mail", "app")
    assert told(store({"tells": "early"}, escalates_to="nobody"), ESCALATED) == ("chat",)


def test_the_deputy_stands_in_for_a_channel_that_does_not_answer() -> None:
    """Where the deputy's own fails, all the others are told; where all fail, nobody is left."""
    routes = Routes(TAGS, lambda: Catalogue.of([store({"tells": "early"})]))
    assert routes.instead_of(STORE, {"chat"}) == ("mail",)
    assert routes.instead_of(STORE, {"chat", "mail"}) == ("app",)
    assert routes.instead_of(STORE, TAGS) == ()
    assert routes.instead_of("elsewhere", {"chat"}) == ("mail", "app")


def test_routes_without_a_deputy_are_a_fault() -> None:
    """Or an alert at night would reach nobody."""
    with pytest.raises(ValidationError, match="deputy is missing"):
        store({"tells": "early"}, deputy=())


@given(
    tells=st.lists(st.sampled_from(["early", "all", "manager", "dairy", "nobody"]), min_size=1, max_size=2),
    escalates_to=st.lists(st.sampled_from(["manager", "nobody"]), max_size=2),
    telling=st.sampled_from([RAISED, ESCALATED]),
    seconds=st.floats(0, 7 * 86_400),
)
def test_somebody_is_always_told(
    tells: list[str], escalates_to: list[str], telling: NotificationKind, seconds: float
) -> None:
    """Whatever the routes and the hour."""
    assert told(store({"tells": tells, "hours": MORNING}, escalates_to=escalates_to), telling, seconds)
