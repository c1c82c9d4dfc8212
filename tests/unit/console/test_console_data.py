"""What pages and API ask: what is shown when things are away, and answers that go out once."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.contract import AlertStatus
from analytics.contract import SlotState, plate_id
from console.sources import Closed, NotFound
from shelfstream.answers import AnswerKind
from shelfstream.clock import ManualClock
from shelfstream.errors import Unavailable
from tests.unit.console.console_fakes import GTIN_BUTTER, GTIN_MILK, STORE, World, alert, jpeg


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 12, tzinfo=UTC))


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock)


def test_a_store_is_shown_with_its_evidence(world: World) -> None:
    """What is out comes with its place, its evidence and how many to bring."""
    now = world.console_data.store_now(STORE)
    (out,) = now.outs
    assert (out.slot.name, out.bay.id, out.slot.units_missing) == ("Whole milk", "dairy", 3)
    assert out.before_url == f"pictures/evidence/{STORE}/{world.milk_alert.event_id}/before.jpg"
    assert now.troubles == ()
    assert (now.figures.out, now.figures.low, now.figures.unknown) == (1, 1, 2)


def test_redis_away_leaves_what_was_known_and_says_so(world: World, clock: ManualClock) -> None:
    """While Redis is away the page keeps the last states and tells that they are old; then it goes on."""
    before = world.console_data.store_now(STORE)
    world.live.away = True
    clock.advance(1)
    during = world.console_data.store_now(STORE)
    assert during.figures == before.figures
    assert "Redis" in during.troubles[0]
    world.live.away = False
    world.live.written = clock.now()
    clock.advance(1)
    assert world.console_data.store_now(STORE).troubles == ()


def test_silent_analytics_is_told(world: World, clock: ManualClock) -> None:
    """Redis answering with an old write is not taken for news."""
    clock.advance(world.settings.analytics_old_after_s + 1)
    assert "Analytics has written nothing since 12:00:00 UTC" in world.console_data.store_now(STORE).troubles[0]


def test_silent_analytics_is_told_also_while_pictures_are_away(world: World, clock: ManualClock) -> None:
    """One trouble does not hide the other."""
    world.pictures.away = True
    clock.advance(world.settings.analytics_old_after_s + 1)
    silent, away = world.console_data.store_now(STORE).troubles
    assert "Analytics has written nothing since" in silent
    assert "Pictures cannot be read" in away


def test_a_hundred_lookers_cost_one_look(world: World, clock: ManualClock) -> None:
    """However many ask within a moment, Redis is read once, and what has not changed is the same value."""
    first = world.console_data.store_now(STORE)
    reads = world.live.reads
    assert all(world.console_data.store_now(STORE) is first for _ in range(100))
    assert world.live.reads == reads
    clock.advance(1)
    assert world.console_data.store_now(STORE) is first
    assert world.live.reads > reads


def test_a_picture_is_shown_once_the_keeper_has_it(world: World, clock: ManualClock) -> None:
    """The newest frame shows when its plate is there, with the age of that very frame."""
    world.console_data.store_now(STORE)
    seen = world.photograph(clock.now() + timedelta(seconds=1), kept=False)
    clock.advance(1)
    before = world.console_data.store_now(STORE).cameras[0].picture
    assert before is not None
    assert before.frame_id == f"{STORE}/cam-1/1-1"
    world.pictures[plate_id(seen.frame_id)] = jpeg()
    clock.advance(1)
    picture = world.console_data.store_now(STORE).cameras[0].picture
    assert picture is not None
    assert (picture.frame_id, picture.taken_at) == (seen.frame_id, seen.received_at)


def test_a_picture_that_is_gone_is_not_linked_to_and_the_newest_ones_time_is_told(
    world: World, clock: ManualClock
) -> None:
    """A camera that is offline for long has no picture any more: neither a broken image nor outlines over nothing."""
    taken_at = clock.now()
    assert world.console_data.store_now(STORE).cameras[0].picture is not None
    world.pictures.clear()
    clock.advance(1)
    (camera,) = world.console_data.store_now(STORE).cameras
    assert (camera.picture, camera.newest_at) == (None, taken_at)


def test_evidence_that_is_gone_is_not_linked_to(world: World, clock: ManualClock) -> None:
    """Crops end with their event's time; pages notice within a minute, and show one that came late at once."""
    assert world.console_data.store_now(STORE).outs[0].after_url is not None
    assert world.console_data.inbox().waiting[0].after_url is not None
    kept = dict(world.pictures)
    world.pictures.clear()
    clock.advance(61)
    assert world.console_data.store_now(STORE).outs[0].after_url is None
    assert world.console_data.inbox().waiting[0].after_url is None
    world.pictures.update(kept)
    clock.advance(1)
    assert world.console_data.store_now(STORE).outs[0].after_url is not None


def test_an_answer_goes_out_with_an_id_of_its_own(world: World) -> None:
    """The same answer always has the same id, so that a second tap is no second answer."""
    milk = world.milk_alert.alert_id
    first = world.console_data.answer(milk, AnswerKind.REFILLED)
    again = world.console_data.answer(milk, AnswerKind.REFILLED)
    assert first is not None
    assert again is not None
    assert first.answer_id == again.answer_id == f"{milk}-refilled"
    assert (first.store, first.slot, first.gtin, first.by) == (STORE, "milk", GTIN_MILK, "console")
    assert world.console_data.answer(milk, AnswerKind.ACKNOWLEDGED) is not None
    assert len({answer.answer_id for answer in world.producer.answers}) == 2


def test_an_answer_on_its_way_shows_until_it_is_booked(world: World, clock: ManualClock) -> None:
    """The inbox says that an answer was sent, until the ledger has it or a minute has passed."""
    milk = world.milk_alert.alert_id
    world.console_data.answer(milk, AnswerKind.ACKNOWLEDGED)
    assert world.console_data.inbox().waiting[0].sent == "acknowledged"
    world.inbox.change(milk, status=AlertStatus.ACKNOWLEDGED, acknowledged_at=clock.now())
    clock.advance(1)
    assert world.console_data.inbox().waiting[0].sent is None
    assert world.console_data.answer(milk, AnswerKind.ACKNOWLEDGED) is None


def test_an_answer_to_a_closed_alert_is_refused_but_a_repeat_is_not(world: World, clock: ManualClock) -> None:
    """A retry after a lost reply is no error; another answer to what is closed is."""
    milk = world.milk_alert.alert_id
    world.inbox.change(milk, answer="refilled", answered_at=clock.now(), cleared_at=clock.now())
    assert world.console_data.answer(milk, AnswerKind.REFILLED) is None
    with pytest.raises(Closed):
        world.console_data.answer(milk, AnswerKind.NOT_EMPTY)
    assert world.producer.sent == []


def test_an_answer_that_the_bus_does_not_take_is_an_error(world: World) -> None:
    """Nobody is thanked for an answer that may be lost."""
    world.producer.holds = True
    with pytest.raises(Unavailable):
        world.console_data.answer(world.milk_alert.alert_id, AnswerKind.REFILLED)


def test_alerts_come_in_walking_order(world: World, clock: ManualClock) -> None:
    """The bay that is passed first comes first, though its alert is younger."""
    world.inbox.add(alert("offer", GTIN_BUTTER, clock.now(), bay="end"))
    assert [shown.alert.slot for shown in world.console_data.inbox().waiting] == ["offer", "milk"]


def test_sql_away_keeps_the_inbox_and_says_so(world: World, clock: ManualClock) -> None:
    """While SQL is away the inbox shows what it knew."""
    assert len(world.console_data.inbox().waiting) == 1
    world.inbox.away = True
    clock.advance(1)
    inbox = world.console_data.inbox()
    assert len(inbox.waiting) == 1
    assert "SQL" in inbox.troubles[0]


def test_unknown_stores_and_alerts_are_not_found(world: World) -> None:
    """What the catalogue and the ledger do not know is told apart from what is away."""
    with pytest.raises(NotFound):
        world.console_data.store_now("elsewhere")
    with pytest.raises(NotFound):
        world.console_data.answer("no-such-alert", AnswerKind.REFILLED)
    assert world.console_data.store_now(STORE).slot("milk") is not None
    assert SlotState.OUT in {slot.state for bay in world.console_data.store_now(STORE).bays for slot in bay.slots}
