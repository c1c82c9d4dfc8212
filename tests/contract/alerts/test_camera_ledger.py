"""Troubles of cameras, and messages that others get instead: the same on SQLite and on a real PostgreSQL."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

from alerts.cameras.ledger import CameraLedger, camera_troubles
from alerts.cameras.troubles import CameraTrouble, TroubledCamera
from alerts.delivery.outbox import Outbox
from alerts.handler import AlertsHandler
from alerts.ledger import Ledger
from alerts.model import AlertsState
from analytics.contract import SlotState
from shelfstream.bus.stage import Received
from shelfstream.sql import metadata, reading
from tests.unit.alerts.alert_samples import STORE, at, event, everybody, policy, record

TROUBLE = TroubledCamera(STORE, "cam-1", at(0), CameraTrouble.MOVED)
CLAIM = timedelta(seconds=60)


def test_migration_makes_the_table_that_the_code_declares(engine: Engine) -> None:
    """Autogenerate would find no difference."""

    def only_ours(_object: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        return kind != "table" or name == camera_troubles.name

    with reading(engine) as connection:
        options = {"compare_type": True, "include_object": only_ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_who_is_just_telling_is_left_alone(engine: Engine) -> None:
    """Until the claim ends: then the teller has crashed, and somebody else tells."""
    ledger = CameraLedger(engine)
    ledger.begin(TROUBLE)
    ledger.begin(TROUBLE)
    assert ledger.claim(TROUBLE, at(0), CLAIM) == TROUBLE
    assert ledger.claim(TROUBLE, at(59), CLAIM) is None
    assert ledger.claim(TROUBLE, at(61), CLAIM) == TROUBLE
    assert ledger.unfinished(STORE, at(61)) == [TROUBLE]
    assert ledger.unfinished("elsewhere", at(61)) == []


def test_who_was_told_and_how_it_ended_is_kept(engine: Engine) -> None:
    """What changes leaves alone who was told, and the other way round; a day after its end it is out of sight."""
    ledger = CameraLedger(engine)
    ledger.begin(TROUBLE)
    told = replace(TROUBLE, told=frozenset({"mail", "chat"}))
    ledger.told(told)
    ended = replace(TROUBLE, trouble=CameraTrouble.DARK, well_since=at(600), ended_at=at(600))
    ledger.change(ended)
    assert ledger.unfinished(STORE, at(900)) == [replace(ended, told=told.told)]
    assert ledger.unfinished(STORE, at(600 + 86_401)) == []


def test_a_message_is_given_to_others_once(engine: Engine) -> None:
    """However often its channel fails; it says for which one it stands in, and theirs is tried at once."""
    gap = event(1, SlotState.OUT)
    handler = AlertsHandler(policy(), lambda store, slot, now: False)
    outcome = handler.handle(AlertsState(), [Received(record(gap.message()), gap)], at(10))
    Ledger(engine, everybody("chat"), tell_cleared=False).apply(outcome.effects)
    outbox = Outbox(engine, "here", 60.0)
    (waiting,) = outbox.waiting("chat", at(20))
    asked: list[set[str]] = []

    def instead_of(_store: str, have: Collection[str]) -> tuple[str, ...]:
        asked.append(set(have))
        return ("mail",) if len(asked) == 1 else ()

    assert outbox.fall_back(waiting, instead_of, at(20)) == ("mail",)
    assert outbox.fall_back(waiting, lambda _store, _have: ("mail",), at(21)) == ()
    assert outbox.fall_back(waiting, instead_of, at(22)) == ()
    assert asked == [{"chat"}, {"chat", "mail"}]
    (other,) = outbox.waiting("mail", at(20))
    assert (other.instead_of, other.step, other.alert) == ("chat", waiting.step, waiting.alert)
