"""The days that the history page asks about."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from console.pages.history import _span
from shelfstream.errors import Faults

ZONE = ZoneInfo("Europe/Berlin")


def test_days_are_the_stores_own_and_the_last_one_counts() -> None:
    """From midnight to midnight on the store's clock, over a change to summer time as well."""
    wanted = (datetime(2026, 3, 27, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
    assert _span("2026-03-28", "2026-03-29", ZONE, 400) == wanted


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("", "2026-03-01", "give a first and a last one"),
        ("2026-03-02", "9999-12-31", "give a first and a last one"),
        ("2026-03-02", "2026-03-01", "must be before to"),
        ("0002-03-01", "2026-03-01", "between the years 2000 and 2199"),
        ("2020-03-01", "2026-03-01", "more than 400 days"),
    ],
)
def test_days_that_cannot_be_asked_about_are_told_in_a_sentence(first: str, last: str, told: str) -> None:
    """A year that is still being typed is no question yet, and costs nothing."""
    with pytest.raises(Faults, match=told):
        _span(first, last, ZONE, 400)
