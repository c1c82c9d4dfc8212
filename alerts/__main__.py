"""Composition root of alerts: ``build`` makes the service that the ``shelfstream`` command runs."""

import threading
from collections.abc import Mapping, Sequence

from alerts import metrics as names
from alerts.channels import Channel, open_channels
from alerts.courier import Bag, Courier
from alerts.effects import SlotWrite
from alerts.handler import AlertsHandler, AlertsItem
from alerts.horizon import Horizon
from alerts.ledger import Ledger
from alerts.ledger_state import LedgerState
from alerts.missing import MissingSlots
from alerts.outbox import Outbox
from alerts.policy import Policy
from alerts.service import AlertsService
from alerts.settings import AlertsSettings
from alerts.state import AlertsState
from shelfstream.background import Work
from shelfstream.bus.loop import Loop
from shelfstream.bus.stage import Stage
from shelfstream.bus.topics import ALERTS, ANSWERS, EVENTS, check_partitioning, topic_table
from shelfstream.bus.watch import LoopWatch
from shelfstream.catalogue.follower import CatalogueFollower
from shelfstream.catalogue.model import Store
from shelfstream.catalogue.whole import Catalogue
from shelfstream.errors import Fault, Faults
from shelfstream.loop_service import LoopService
from shelfstream.metrics import Metrics
from shelfstream.parts import Parts
from shelfstream.service import Service

GROUP = "alerts"
_READS = (EVENTS, ANSWERS)


def build(settings: AlertsSettings, parts: Parts) -> Service:
    """Alerts as a service. Raises ``Faults`` without an SQL database and for channels that apprise does not know."""
    engine = parts.engine
    if engine is None:
        raise Faults("settings", [Fault("sql.url", "alerts keep their ledger in SQL; name a database")])
    channels = open_channels(settings.delivery.channels, settings.delivery.send_within_s)
    follower = CatalogueFollower(parts.bus, settings.catalogue_every_s)
    ledger = Ledger(engine, tuple(channels), tell_cleared=settings.delivery.tell_cleared)

    def catalogue() -> Catalogue:
        return follower.snapshot.catalogue

    def store_of(store: str) -> Store | None:
        return catalogue().stores.get(store)

    outbox = Outbox(engine, parts.process, settings.delivery.claim_s)
    bag = Bag(outbox, catalogue, parts.pictures, parts.clock, parts.metrics)
    policy = Policy.of(settings, store_of)
    handler = AlertsHandler(policy, MissingSlots(catalogue).is_gone)

    def make_loop(watch: LoopWatch) -> Loop[AlertsState, AlertsItem, SlotWrite]:
        loop = _loop(settings, parts, ledger, handler, watch)
        outbox.drop_others(tuple(channels), parts.clock.now())
        return loop

    beside = [("alerts-catalogue", follower.run), *_couriers(bag, channels, settings, parts)]
    return AlertsService(LoopService(GROUP, make_loop, parts, reads=_READS), beside, follower.loaded)


def _loop(
    settings: AlertsSettings, parts: Parts, ledger: Ledger, handler: AlertsHandler, watch: LoopWatch
) -> Loop[AlertsState, AlertsItem, SlotWrite]:
    ledger.check()
    table = topic_table()
    admin = parts.bus.admin()
    counts = admin.partition_counts((*_READS, ALERTS))
    admin.close()
    check_partitioning(counts, (*_READS, ALERTS), table)

    def apply(writes: Sequence[SlotWrite]) -> None:
        ledger.apply(writes)
        _count(writes, parts.metrics)

    stage = Stage(
        group=GROUP,
        topics=_READS,
        handler=handler,
        initial=AlertsState(),
        store=LedgerState(ledger, table[EVENTS], counts[EVENTS]),
        apply=apply,
    )
    return Loop(stage, parts.bus, clock=parts.clock, settings=settings.loop, watch=watch)


def _couriers(
    bag: Bag, channels: Mapping[str, Channel], settings: AlertsSettings, parts: Parts
) -> list[tuple[str, Work]]:
    def work(channel: Channel) -> Work:
        return lambda stop: _courier(bag, channel, settings, parts, stop)

    return [(f"alerts-{name}", work(channel)) for name, channel in channels.items()]


def _courier(bag: Bag, channel: Channel, settings: AlertsSettings, parts: Parts, stop: threading.Event) -> None:
    admin, reader = parts.bus.admin(), parts.bus.reader()
    try:
        horizon = Horizon(reader, admin, GROUP, topic_table()[EVENTS])
        Courier(bag, channel, horizon, settings.delivery).run(stop)
    finally:
        reader.close()
        admin.close()


def _count(writes: Sequence[SlotWrite], metrics: Metrics) -> None:
    for write in writes:
        for step in write.steps:
            metrics.count(names.STEPS, status=step.record.status.value)
