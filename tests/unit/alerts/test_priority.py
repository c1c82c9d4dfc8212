"""What a gap costs an hour, and that what costs most is shown first."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.priority import at_risk_per_h, cost_text, rank
from shelfstream.catalogue.hours import open_intervals
from shelfstream.catalogue.model import Product, Slot
from tests.unit.alerts.alert_samples import MILK, NOON, STORE, at, store_open

MILK_SOLD = Product(store=STORE, gtin=MILK, name="Milk", price=Decimal("1.50"), sales_per_day=24)
BERLIN = store_open("08:00", "20:00").model_copy(update={"time_zone": "Europe/Berlin"})


def test_a_day_that_is_missed_costs_a_days_sales() -> None:
    """Price times sales over the hours of that day: 1.50 times 24 in twelve hours, by the chance that it is missing."""
    assert at_risk_per_h(MILK_SOLD, BERLIN, NOON) == pytest.approx(3.0)
    assert at_risk_per_h(MILK_SOLD, BERLIN, NOON, 0.5) == pytest.approx(1.5)
    assert at_risk_per_h(MILK_SOLD, None, NOON) == pytest.approx(1.5)


@given(days=st.integers(0, 364))
def test_every_day_of_the_year_comes_to_its_sales(days: int) -> None:
    """Also on the days on which clocks are changed, and in a store that is open in the skipped and the doubled hour."""
    store = store_open("00:00", "24:00").model_copy(update={"time_zone": "Europe/Berlin"})
    noon = datetime(2026, 1, 1, 12, tzinfo=ZoneInfo("Europe/Berlin")) + timedelta(days=days)
    midnight = noon.replace(hour=0)
    start, stop = midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC)
    hours = sum(each.length_s for each in open_intervals(store, start, stop)) / 3600
    risk = at_risk_per_h(MILK_SOLD, store, noon)
    assert risk is not None
    assert risk * hours == pytest.approx(36.0)


@pytest.mark.parametrize("unknown", [{"price": None}, {"sales_per_day": None}])
def test_where_price_or_sales_are_not_known_nothing_is_said(unknown: dict[str, None]) -> None:
    """No figure is made up from a product that the catalogue knows by half, or not at all."""
    assert at_risk_per_h(MILK_SOLD.model_copy(update=unknown), BERLIN, NOON) is None
    assert at_risk_per_h(None, BERLIN, NOON) is None


def test_a_store_that_is_closed_that_day_divides_by_no_zero() -> None:
    """A Sunday without hours counts as a whole day."""
    sunday = BERLIN.model_copy(update={"hours": {}})
    assert at_risk_per_h(MILK_SOLD, sunday, at(0)) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("per_h", "told"),
    [(3.0, "3.00 EUR an hour"), (99.994, "99.99 EUR an hour"), (1234.5, "1,234 EUR an hour"), (0.0, ""), (None, "")],
)
def test_money_is_told_as_people_tell_it(per_h: float | None, told: str) -> None:
    """With cents where it is little, and not at all where there is none."""
    assert cost_text(per_h, "EUR") == told


def test_a_promotion_costs_more_on_its_own_days_alone() -> None:
    """By the store's calendar: in Berlin the second of November begins an hour before midnight UTC."""
    promoted = MILK_SOLD.model_copy(
        update={"promoted_from": date(2026, 11, 2), "promoted_until": date(2026, 11, 2), "promotion_sells_times": 3.0}
    )
    always = store_open("00:00", "24:00").model_copy(update={"time_zone": "Europe/Berlin"})
    midnight = datetime(2026, 11, 1, 23, tzinfo=UTC)
    minute = timedelta(minutes=1)
    moments = (midnight - minute, midnight, midnight + timedelta(days=1) - minute, midnight + timedelta(days=1))
    told = [at_risk_per_h(promoted, always, moment) for moment in moments]
    assert told == pytest.approx([1.5, 4.5, 4.5, 1.5])


@pytest.mark.parametrize("days", [{"promoted_from": "2026-11-02"}, {"promoted_until": "2026-11-02"}])
def test_a_promotion_needs_both_its_days(days: dict[str, str]) -> None:
    """One that never ends, or ends before it begins, is a fault of the file."""
    with pytest.raises(ValueError, match="both days"):
        Product.model_validate({"store": STORE, "gtin": MILK, "name": "Milk", **days})
    turned = {"promoted_from": "2026-11-03", "promoted_until": "2026-11-02"}
    with pytest.raises(ValueError, match="is after"):
        Product.model_validate({"store": STORE, "gtin": MILK, "name": "Milk", **turned})


def test_where_the_shelf_must_look_full_it_comes_first() -> None:
    """The same money ranks up to twice as high; what nobody knows the cost of ranks last."""
    slot = Slot(
        store=STORE,
        id="a1",
        bay="dairy-1",
        shelf="s1",
        gtin=MILK,
        x_min_mm=0,
        x_max_mm=100,
        facings_wide=4,
        presentation_min=0,
    )
    full = slot.model_copy(update={"presentation_min": 4})
    assert rank(3.0, slot) == 3.0
    assert rank(3.0, full) == 6.0
    assert rank(None, full) == 0.0
