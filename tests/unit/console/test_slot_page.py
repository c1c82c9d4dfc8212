"""A slot's page: what is drawn and told of it, from what was seen and what SQL knows."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.contract import NOT_TAKEN, AlertStatus
from alerts.inbox import PastAlert, PastStep
from analytics.contract import SlotState, UnknownReason
from analytics.history.slot_states import SlotStretch
from console.access.roles import Role, Visitor
from console.html.slot_page import alerts_card, belief_card, day_card, sight_card
from console.sources import NotFound
from console.views.slot_sight import sights_of
from detector.contract import FacingKind
from shelfstream.clock import SystemClock
from tests.unit.console.console_fakes import GTIN_BUTTER, GTIN_MILK, STORE, World

NOW = SystemClock().now()
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def world() -> World:
    made = World()
    seen = made.live.seen["cam-1"]
    named = {
        "gtins": (GTIN_MILK, GTIN_BUTTER),
        "candidates": ((0, 1), (1,), ()),
        "candidate_scores": ((0.8, 0.1), (0.6,), ()),
    }
    made.live.seen["cam-1"] = seen.model_copy(update=named)
    return made


def _stretch(state: SlotState, begins_h: float, ends_h: float | None, event_id: str = "e") -> SlotStretch:
    """So many hours before now."""
    begins = NOW - timedelta(hours=begins_h)
    ends = None if ends_h is None else NOW - timedelta(hours=ends_h)
    return SlotStretch(GTIN_MILK, state, None, begins, begins, ends, 0.97, 0.0, event_id)


def test_what_stands_in_a_slot_is_told_with_what_it_may_be(world: World) -> None:
    """Facings with their middle in the slot, from left to right, each with its candidates by name."""
    now = world.console_data.store_now(STORE)
    (sight,) = sights_of(world.console_data.catalogue, now, "milk")
    assert [thing.kind for thing in sight.things] == [FacingKind.FACING, FacingKind.FACING]
    assert sight.things[0].candidates == (("Whole milk", 0.8), ("Butter", 0.1))
    found = now.slot("milk")
    assert found is not None
    card = sight_card(sight, found[1])
    assert "may be: Whole milk 80%, Butter 10%" in card
    assert card.count("<rect") == 2
    assert sights_of(world.console_data.catalogue, now, "offer") == ()


def test_belief_is_told_in_all_its_states(world: World) -> None:
    """Seven in ten that it is out, and for a slot that was never seen, that nothing was heard of it."""
    now = world.console_data.store_now(STORE)
    milk, cream = now.slot("milk"), now.slot("cream")
    assert milk is not None
    assert cream is not None
    assert "70%" in belief_card(milk[1])
    assert "Nothing was ever heard" in belief_card(cream[1])


def test_the_strip_of_a_day_is_as_long_as_what_it_tells() -> None:
    """Stocked for eighteen of the last hours, out for six: three quarters and one; older stretches are cut."""
    stretches = [_stretch(SlotState.STOCKED, 40, 6), _stretch(SlotState.OUT, 6, None)]
    card = day_card(stretches, {}, BERLIN, NOW)
    widths = [float(each) for each in re.findall(r"width:([0-9.]+)%", card)]
    assert widths == pytest.approx([75.0, 25.0], abs=0.01)
    assert "Out" in card


def test_changes_link_to_pictures_that_are_there_and_to_no_others() -> None:
    """A picture that was never taken, or is deleted by now, is no dead link."""
    card = day_card([_stretch(SlotState.OUT, 2, None)], {"e": (None, "pictures/after.jpg")}, BERLIN, NOW)
    assert 'href="pictures/after.jpg"' in card
    assert ">before<" not in card


def test_an_alert_is_told_step_by_step(world: World) -> None:
    """Who did what, and why others were told."""
    steps = (
        PastStep(NOW, AlertStatus.RAISED, "", ""),
        PastStep(NOW, AlertStatus.RAISED, "", NOT_TAKEN),
        PastStep(NOW, AlertStatus.ACKNOWLEDGED, "handheld-3", "acknowledged"),
        PastStep(NOW, AlertStatus.CLEARED, "", "STOCKED"),
    )
    card = alerts_card([PastAlert(world.milk_alert, steps)], BERLIN, NOW)
    told = ("Told", "Nobody took it in time", "Taken (handheld-3)", "Seen filled")
    assert all(words in card for words in told)
    assert "None yet" in alerts_card([], BERLIN, NOW)


def test_the_past_of_another_stores_slot_is_not_there(world: World) -> None:
    """Neither its day nor its alerts, whatever the role."""
    world.history.stretches = [_stretch(SlotState.OUT, 2, None)]
    assert world.console_data.past.slot(STORE, "milk").stretches
    elsewhere = Visitor("ann", Role.MANAGER, frozenset({"other"}))
    with pytest.raises(NotFound):
        world.console_data.seen_by(elsewhere).past.slot(STORE, "milk")


def test_a_slot_that_is_not_seen_says_why() -> None:
    """The reason stands with the change, in words."""
    blind = _stretch(SlotState.UNKNOWN, 1, None)
    told = SlotStretch(blind.gtin, blind.state, UnknownReason.DARK, *(getattr(blind, name) for name in _REST))
    assert "too dark" in day_card([told], {}, BERLIN, NOW)


_REST = ("from_earliest", "from_at", "to_at", "confidence", "level", "event_id")
