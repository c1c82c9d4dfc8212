"""Who gets a message, from an event on the bus to the services of a shift, its deputy, and those above it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from alerts.delivery.channels import open_channels
from alerts.inbox import open_alerts
from alerts.settings import AlertsSettings
from analytics.contract import SlotState
from shelfstream.catalogue.model import Store
from shelfstream.catalogue.records import entity_message
from shelfstream.errors import Faults
from shelfstream.service import StageContext
from tests.unit.alerts.alert_rig import close_parts, inbox, open_parts, running, send, settings_for, until
from tests.unit.alerts.alert_samples import STORE, event

OUT = SlotState.OUT
NIGHT_AND_DAY = {"daily": [{"opens": "00:00", "closes": "24:00"}]}


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[StageContext]:
    opened = open_parts(tmp_path)
    yield opened
    close_parts(opened)


def market(**told: object) -> Store:
    """A store that never closes."""
    hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), NIGHT_AND_DAY["daily"])
    fields = {"id": STORE, "name": "Main Street", "time_zone": "UTC", "hours": hours}
    return Store.model_validate({**fields, **told})


def with_changes(settings: AlertsSettings, **changes: object) -> AlertsSettings:
    """The settings, but for some."""
    return settings.model_copy(update=changes)


def test_the_shift_is_told_first_and_others_when_it_does_not_act(parts: StageContext) -> None:
    """One message each: to those of the route, and, since nobody takes it, to those above them, who learn why."""
    send(parts, entity_message(market(routes=[{"tells": "early"}], deputy="early", escalates_to="manager")))
    with inbox() as early, inbox() as manager, inbox() as nobody:
        settings = settings_for(f"early={early.url}", f"manager={manager.url}", nobody.url)
        with running(with_changes(settings, escalate_after_s=0.5), parts):
            send(parts, event(1, OUT).message())
            until(lambda: bool(manager.taken))
        (alert,) = open_alerts(parts.engine)
        assert alert.escalated_at is not None
        assert [len(each.taken) for each in (early, manager, nobody)] == [1, 1, 0]
        assert manager.titles()[0].startswith("Still open: Empty")
        assert "nobody has taken it yet" in manager.taken[0]["message"]


def test_a_channel_that_is_dead_costs_nobody_a_message(parts: StageContext) -> None:
    """The deputy gets it and reads why; when the channel is back it has its message, too, each of them once."""
    send(parts, entity_message(market(routes=[{"tells": ["early"]}], deputy="manager")))
    with inbox() as early, inbox() as manager:
        early.status = 503
        settings = settings_for(f"early={early.url}", f"manager,all={manager.url}", fall_back_after_s=0.3)
        with running(settings, parts):
            send(parts, event(1, OUT).message())
            until(lambda: bool(manager.taken))
            assert "others could not be reached" in manager.taken[0]["message"]
            early.status = 200
            until(lambda: bool(early.taken))
        assert (len(early.taken), len(manager.taken)) == (1, 1)


def test_tags_are_read_as_apprise_writes_them() -> None:
    """Before the URL, which may itself hold an equals sign; the same URL twice is one channel with all its tags."""
    written = ["dairy, late=json://host/?a=b", "json://host/?a=b", "boss=json://host/?a=b", "json://other"]
    channels = open_channels([SecretStr(each) for each in written], 5.0)
    assert [sorted(channel.tags) for channel in channels.values()] == [["boss", "dairy", "late"], []]


def test_a_tag_that_is_none_is_a_fault_and_not_repeated() -> None:
    """It may be part of a secret."""
    with pytest.raises(Faults, match="begins with a tag that is none") as told:
        open_channels([SecretStr("S3CRET tag!=json://host")], 5.0)
    assert "S3CRET" not in str(told.value)


def test_an_aisle_is_one_message(parts: StageContext) -> None:
    """Gaps that are seen one after the other are told together, once each, however often the outbox is read."""
    with inbox() as people:
        with running(settings_for(people.url, bundle_most=20, bundle_wait_s=0.7), parts):
            for number in range(5):
                send(parts, event(1, OUT, slot=f"a{number}").message())
            until(lambda: bool(people.taken))
            until(lambda: all(each.sent_at is not None for each in open_alerts(parts.engine)))
        (told,) = people.taken
        assert told["title"] == "5 places to refill"
        assert [told["message"].count(each.alert_id) for each in open_alerts(parts.engine)] == [1] * 5
