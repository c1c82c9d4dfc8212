"""A message tells a person what to do without opening anything."""

from dataclasses import replace
from decimal import Decimal
from string import Formatter

import pytest

from alerts.cameras.troubles import CameraTrouble
from alerts.contract import GONE, OTHER_PRODUCT, AlertStatus
from alerts.delivery.text import message_text
from alerts.delivery.words import Words, languages, words_of
from alerts.model import InboxAlert, NotificationKind
from analytics.contract import SlotState
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import LANGUAGES, Bay, Product, Shelf, Slot
from tests.unit.alerts.alert_samples import MILK, STORE, at, store_open, waiting

STORE_VALUE = store_open("08:00", "20:00").model_copy(update={"time_zone": "Europe/Berlin"})
SLOT = Slot(
    store=STORE,
    id="a1",
    bay="dairy-1",
    shelf="s2",
    gtin=MILK,
    x_min_mm=0,
    x_max_mm=300,
    facings_wide=3,
    facings_high=2,
)
BAY = Bay(
    store=STORE,
    id="dairy-1",
    name="Milk",
    aisle="4",
    width_mm=1250,
    height_mm=2000,
    shelves=(Shelf(id="s2", y_mm=500, clearance_mm=300),),
)
PRODUCT = Product(store=STORE, gtin=MILK, name="Whole milk", brand="Alpenhof", pack_size="1 l", price=Decimal("1.29"))
CATALOGUE = Catalogue.of([STORE_VALUE, BAY, SLOT, PRODUCT])
ALERT = InboxAlert(
    alert_id="f00d",
    store=STORE,
    slot="a1",
    bay="dairy-1",
    gtin=MILK,
    state=SlotState.OUT,
    status=AlertStatus.RAISED,
    step=1,
    event_id="beef",
    raised_at=at(0),
    onset_earliest=at(-120),
    onset_latest=at(-60),
    level=0.0,
    acknowledged_at=None,
    escalated_at=None,
    acknowledged_by=None,
    answer=None,
    answered_at=None,
    cleared_at=None,
    cleared_why=None,
    sent_at=None,
)


def test_a_raised_alert_names_product_place_time_amount_and_link() -> None:
    """Everything in the store's own words and on the store's own clock."""
    wording = message_text(waiting(ALERT), CATALOGUE, "https://shelves.example/")
    assert wording.title == "Empty: Alpenhof Whole milk 1 l"
    assert wording.body.splitlines() == [
        "Main Street, aisle 4, bay Milk, shelf s2, slot a1",
        "since 12:59",
        "bring at least 6",
        "https://shelves.example/alerts/f00d",
    ]


def test_a_gap_of_an_earlier_day_is_told_with_its_day() -> None:
    """Raised at opening, empty since the evening before."""
    old = replace(ALERT, onset_latest=at(-24 * 3600))
    assert "since 2026-11-01 13:00" in message_text(waiting(old), CATALOGUE, "http://c").body


def test_a_cleared_alert_says_how_long_it_took() -> None:
    """The second message closes the first one."""
    done = replace(ALERT, cleared_at=at(600))
    wording = message_text(waiting(done, NotificationKind.CLEARED), CATALOGUE, "http://c")
    assert wording.title == "Back on the shelf: Alpenhof Whole milk 1 l"
    assert "after 10 min" in wording.body


@pytest.mark.parametrize(
    ("why", "head"),
    [
        ("STOCKED", "Back on the shelf"),
        ("LOW", "Back on the shelf"),
        ("refilled", "Back on the shelf"),
        ("OUT", "Empty by now"),
        ("MISPLACED", "Another product stands there"),
        (GONE, "No longer planned"),
        (OTHER_PRODUCT, "Another product is planned there"),
    ],
)
def test_only_what_is_back_is_said_to_be_back(why: str, head: str) -> None:
    """An alert also ends where the shelf is emptier by now, or the plan has changed."""
    done = replace(ALERT, cleared_at=at(600), cleared_why=why)
    assert message_text(waiting(done, NotificationKind.CLEARED), CATALOGUE, "http://c").title.partition(":")[0] == head


def test_what_the_catalogue_does_not_know_is_told_by_its_identifier() -> None:
    """A message still finds its shelf when the catalogue is empty; its time is then in UTC and says so."""
    wording = message_text(waiting(replace(ALERT, state=SlotState.LOW)), Catalogue(), "http://c")
    assert wording.title == f"Running low: GTIN {MILK}"
    assert wording.body.splitlines()[:2] == ["main-street, bay dairy-1, slot a1", "since 11:59 UTC"]


def test_units_to_bring_fill_the_front_and_are_never_none() -> None:
    """What still stands is taken off; somebody who is sent carries at least one."""
    assert [SLOT.units_to_bring(level) for level in (None, 0.0, 0.5, 1.0)] == [6, 6, 3, 1]


def test_a_message_says_what_the_gap_costs_where_that_is_known() -> None:
    """Price and sales from the catalogue: 1.29 times 24 in twelve open hours. Of a slot that is low nothing is said."""
    sold = Catalogue.of([STORE_VALUE, BAY, SLOT, PRODUCT.model_copy(update={"sales_per_day": 24.0})])
    told = message_text(waiting(ALERT), sold, "https://x").body
    assert "about 2.58 EUR an hour" in told
    low = replace(ALERT, state=SlotState.LOW)
    assert "an hour" not in message_text(waiting(low), sold, "https://x").body
    assert "an hour" not in message_text(waiting(ALERT), CATALOGUE, "https://x").body


def test_messages_are_in_the_stores_language() -> None:
    """German words, a German date and a decimal comma; the products' names are the catalogue's own."""
    store = STORE_VALUE.model_copy(update={"language": "de"})
    german = Catalogue.of([store, BAY, SLOT, PRODUCT.model_copy(update={"sales_per_day": 24.0})])
    old = replace(ALERT, onset_latest=at(-24 * 3600))
    told = message_text(waiting(old), german, "https://x")
    assert told.title == "Leer: Alpenhof Whole milk 1 l"
    assert told.body.splitlines()[:-1] == [
        "Main Street, Gang 4, Regal Milk, Boden s2, Platz a1",
        "seit 01.11.2026 13:00",
        "mindestens 6 mitbringen",
        "etwa 2,58 EUR in der Stunde",
    ]
    done = replace(ALERT, cleared_at=at(600), cleared_why="not_empty")
    cleared = message_text(waiting(done, NotificationKind.CLEARED), german, "https://x")
    assert (cleared.title, cleared.body.splitlines()[1]) == ("War nicht leer: Alpenhof Whole milk 1 l", "nach 10 min")


def gaps_in(text: str) -> set[str]:
    """Names in braces."""
    return {field for _, field, _, _ in Formatter().parse(text) if field}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_gaps_to_fill(language: str) -> None:
    """No language lacks a word, names a gap that nothing fills, or a reason that there is none of."""
    words, english = words_of(language), words_of("en")
    for name in Words.model_fields:
        if name not in ("ended", "cameras"):
            assert gaps_in(getattr(words, name)) == gaps_in(getattr(english, name)), name
    assert words.ended.keys() == english.ended.keys()
    assert words.cameras.keys() == {trouble.value for trouble in CameraTrouble}


def test_there_are_words_for_each_language_of_the_catalogue_and_for_no_other() -> None:
    """A store can be set to any language that there is a file of."""
    assert set(languages()) == set(LANGUAGES)
