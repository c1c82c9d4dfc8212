"""One message for an aisle, in walking order, soon after its first gap and then now and then; nobody is left out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.bundles import Bundle, bundled, is_due
from alerts.delivery.policy import Waiting
from alerts.delivery.text import bundle_text
from alerts.model import NotificationKind
from alerts.settings import DeliverySettings
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, Shelf, Slot
from tests.unit.alerts.alert_samples import MILK, STORE, at, waiting
from tests.unit.alerts.test_wording import ALERT, CATALOGUE, STORE_VALUE

SETTINGS = DeliverySettings(bundle_most=5, bundle_wait_s=30, bundle_every_s=300)
SHELVES = (Shelf(id="top", y_mm=1500, clearance_mm=300), Shelf(id="low", y_mm=100, clearance_mm=300))


def bay(name: str, aisle: str, order: int) -> Bay:
    return Bay(store=STORE, id=name, aisle=aisle, walking_order=order, width_mm=1000, height_mm=2000, shelves=SHELVES)


def slot(name: str, at_bay: str, shelf: str, x_mm: float) -> Slot:
    return Slot(store=STORE, id=name, bay=at_bay, shelf=shelf, gtin=MILK, x_min_mm=x_mm, x_max_mm=x_mm + 50)


BAYS = (bay("b1", "A3", 2), bay("b2", "A3", 1), bay("b3", "A4", 3))
SLOTS = tuple(
    slot(f"{each.id}-{shelf}-{x_mm}", each.id, shelf, x_mm)
    for each in BAYS
    for shelf in ("low", "top")
    for x_mm in (500, 0)
)
PLAN = Catalogue.of([STORE_VALUE, *BAYS, *SLOTS, *CATALOGUE.products.values()])
KINDS = st.sampled_from(list(NotificationKind))


def gap(place: Slot, since_s: float = 0.0, telling: NotificationKind = NotificationKind.RAISED) -> Waiting:
    """A message about a place that waits since ``since_s``."""
    alert = replace(ALERT, alert_id=place.id, slot=place.id, bay=place.bay, raised_at=at(since_s))
    return waiting(alert, telling)


def names(bundle: Bundle) -> list[str]:
    return [each.alert.slot for each in bundle.members]


def test_an_aisle_is_told_as_one_walks_it() -> None:
    """Bay after bay, the top shelf first, from left to right; another aisle is another message."""
    found = bundled([gap(place) for place in SLOTS], PLAN, 20)
    assert [bundle.aisle for bundle in found] == ["A3", "A4"]
    assert names(found[0]) == [
        "b2-top-0", "b2-top-500", "b2-low-0", "b2-low-500", "b1-top-0", "b1-top-500", "b1-low-0", "b1-low-500",
    ]  # fmt: skip


@given(
    gaps=st.lists(
        st.tuples(st.sampled_from(SLOTS), st.floats(0, 100), KINDS), max_size=20, unique_by=lambda it: it[0].id
    ),
    most=st.integers(1, 6),
)
def test_everything_that_waits_is_in_one_bundle(gaps: list[tuple[Slot, float, NotificationKind]], most: int) -> None:
    """Of its own aisle and kind, none larger than it may be, and ends of gaps alone."""
    messages = [gap(*each) for each in gaps]
    found = bundled(messages, PLAN, most)
    members = [each for bundle in found for each in bundle.members]
    assert sorted(each.alert.slot for each in members) == sorted(each.alert.slot for each in messages)
    for bundle in found:
        assert len(bundle.members) <= most
        assert {(PLAN.bays[STORE, each.alert.bay].aisle, each.telling) for each in bundle.members} == {
            (bundle.aisle, bundle.first.telling)
        }
        assert len(bundle.members) == 1 or bundle.first.telling is not NotificationKind.CLEARED


@pytest.mark.parametrize(
    ("waited_s", "last_sent_s", "due"),
    [(29, None, False), (30, None, True), (200, 0, False), (299, 0, False), (300, 0, True)],
)
def test_a_bundle_is_gathered_and_not_sent_too_often(waited_s: float, last_sent_s: float | None, *, due: bool) -> None:
    """The first gap of an aisle waits half a minute for others, the next ones until five minutes after that message."""
    last = None if last_sent_s is None else at(last_sent_s)
    assert is_due(Bundle("A3", (gap(SLOTS[0]),)), last, at(waited_s), SETTINGS, 5) is due


def test_a_full_bundle_a_retry_and_an_end_wait_for_nothing() -> None:
    """There is nothing to wait for."""
    full = Bundle("A3", tuple(gap(place) for place in SLOTS[:5]))
    tried = Bundle("A3", (replace(gap(SLOTS[0]), attempts=1),))
    ended = Bundle("A3", (gap(SLOTS[0], telling=NotificationKind.CLEARED),))
    for bundle in (full, tried, ended):
        assert is_due(bundle, at(0), at(1), SETTINGS, 5)


def test_several_places_are_told_in_short_each_with_its_link() -> None:
    """Aisle and number in the title; a line of what, where, how many and since when, and a link, for each."""
    (bundle,) = bundled([gap(place) for place in SLOTS[:2]], PLAN, 20)
    told = bundle_text(bundle, PLAN, "https://x/", ["T1", None])
    assert told.title == "2 places to refill, aisle A3"
    assert told.body.splitlines() == [
        "Main Street",
        "1. Empty: Alpenhof Whole milk 1 l, bay b1, shelf low, bring at least 1, since 12:59",
        "https://x/answer/T1",
        "2. Empty: Alpenhof Whole milk 1 l, bay b1, shelf low, bring at least 1, since 12:59",
        f"https://x/alerts/{bundle.members[1].alert.alert_id}",
    ]


def test_what_escalates_and_what_stands_in_says_so() -> None:
    """Once, for all of them."""
    late = [replace(gap(place, telling=NotificationKind.ESCALATED), instead_of="chat-1") for place in SLOTS[:3]]
    (bundle,) = bundled(late, PLAN, 20)
    told = bundle_text(bundle, PLAN, "https://x")
    assert told.title == "Still open: 3 places to refill, aisle A3"
    assert told.body.count("others could not be reached") == 1


def test_a_place_that_is_not_planned_any_more_is_told_all_the_same() -> None:
    """By what is known of it; its bay, too, may be gone."""
    stray = replace(gap(SLOTS[0]), alert=replace(ALERT, slot="gone", bay="gone"))
    found = bundled([stray, gap(SLOTS[0])], PLAN, 20)
    assert sorted(names(each)[0] for each in found) == ["b1-low-500", "gone"]
    both = bundle_text(Bundle("", (stray, gap(SLOTS[0]))), PLAN, "https://x")
    assert "bay gone" in both.body
    assert bundle_text(Bundle("", (stray,)), PLAN, "https://x").title.startswith("Empty")
    assert found[0].began_at <= at(0) + timedelta(seconds=1)
