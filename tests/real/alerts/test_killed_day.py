"""A day in which alerts is killed twenty times: a receiver that honours ids has the messages of a quiet day."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from alerts.__main__ import build
from alerts.inbox import channel_backlogs
from alerts.ledger import Ledger
from alerts.settings import AlertsSettings, DeliverySettings, WebhookSettings
from analytics.contract import SlotState, StockEvent
from devstack.kafka.broker import Kafka
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.topics import topic_table
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of
from tests.unit.alerts.alert_rig import close_parts, open_parts, running, send, settings_for
from tests.unit.alerts.alert_samples import STORE, event, everybody
from tests.unit.alerts.alerts_child import SIZES, kafka_bus

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(280)]
_ROOT = Path(__file__).parents[3]
_SECRET = "whsec_" + "b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZCBzZWNyZXQ="
_HOURS, _KILLS, _SLOTS = 24, 20, 6
_SETTLES_WITHIN_S = 60.0
Day = list[list[StockEvent]]


@dataclass
class Receiver:
    """A program that keeps one message for each id, and fails now and then, also after it has taken a message."""

    url: str = ""
    fails: float = 0.0
    by_id: dict[str, dict[str, object]] = field(default_factory=dict)
    came: int = 0


@contextmanager
def _receiver(fails: float) -> Iterator[Receiver]:
    held, chance = Receiver(fails=fails), random.Random(3)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            held.came += 1
            fails, takes = chance.random() < held.fails, chance.random() < 0.5
            if takes or not fails:
                del body["timestamp"]
                held.by_id.setdefault(self.headers["webhook-id"], body)
            self.send_response(503 if fails else 204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    held.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield held
    server.shutdown()
    server.server_close()


def _settings(url: str) -> AlertsSettings:
    quick = settings_for(claim_s=2.0, send_within_s=1.5, tell_cleared=True)
    hook = WebhookSettings(url=SecretStr(url), secrets=(SecretStr(_SECRET),), private_hosts=True)
    delivery = DeliverySettings.model_validate({**quick.delivery.model_dump(), "webhooks": (hook,)})
    return quick.model_copy(update={"delivery": delivery})


def main(kafka: str, postgres: str, url: str, folder: str) -> None:
    """The process that is killed."""
    # As a restarted container: every start has a name of its own, and the claims of the dead end by time.
    parts = open_parts(Path(folder), process=f"alerts-{time.monotonic_ns()}")
    parts = replace(parts, bus=kafka_bus(kafka), engine=engine_of(postgres))
    build(_settings(url), parts).run(threading.Event())


def _day() -> Day:
    """Hour by hour, slots that run out and are filled."""
    chance, states, sequences = random.Random(5), dict.fromkeys(range(_SLOTS), SlotState.STOCKED), [0] * _SLOTS
    hours: Day = []
    for hour in range(_HOURS):
        hours.append([])
        for slot in states:
            if chance.random() < 0.5:
                states[slot] = SlotState.STOCKED if states[slot] is SlotState.OUT else SlotState.OUT
                sequences[slot] += 1
                hours[-1].append(event(sequences[slot], states[slot], hour * 3600.0, slot=f"p{slot}"))
    return hours


def _settle(engine: Engine, so_far: dict[str, int], ledger: Ledger) -> None:
    """Until the ledger has taken in all that happened and nothing waits to be sent."""
    ends_s = time.monotonic() + _SETTLES_WITHIN_S
    while True:
        taken = {fold.slot: fold.sequence for fold in ledger.folds([STORE])}
        if taken == so_far and channel_backlogs(engine) == []:
            return
        assert time.monotonic() < ends_s, "alerts did not settle"
        time.sleep(0.05)


def _quiet(day: Day, folder: Path) -> dict[str, dict[str, object]]:
    """What the receiver has after a day on which nothing broke, on one box."""
    folder.mkdir()
    parts = open_parts(folder)
    ledger, so_far = Ledger(parts.engine, everybody(), tell_cleared=True), dict[str, int]()
    with _receiver(fails=0.0) as receiver, running(_settings(receiver.url), parts):
        for hour in day:
            send(parts, *(each.message() for each in hour))
            so_far |= {each.slot: each.transition.sequence for each in hour}
            _settle(parts.engine, so_far, ledger)
    close_parts(parts)
    assert receiver.came == len(receiver.by_id)
    return receiver.by_id


@pytest.fixture
def kafka(kafka_cache: Path) -> Iterator[str]:
    """A broker of its own, since the names of topics are fixed."""
    with Kafka(kafka_cache) as broker:
        admin = kafka_bus(broker.url).admin()
        admin.create(list(topic_table(SIZES).values()))
        admin.close()
        yield broker.url


def _sent(bus: KafkaBus, events: list[StockEvent]) -> None:
    producer = bus.producer()
    futures = [producer.send(each.message()) for each in events]
    producer.flush(30)
    for future in futures:
        future.result(30)
    producer.close()


def test_twenty_kills_lose_and_add_no_message(kafka: str, postgres_url: str, tmp_path: Path) -> None:
    """Killed at any moment, while the receiver fails one time in five: by id, all messages are those of a quiet day."""
    day = _day()
    expected = _quiet(day, tmp_path / "quiet")
    engine, bus, chance = engine_of(postgres_url), kafka_bus(kafka), random.Random(11)
    upgrade(engine)
    ledger, so_far = Ledger(engine, everybody(), tell_cleared=True), dict[str, int]()
    with _receiver(fails=0.2) as receiver:
        arguments = [kafka, postgres_url, receiver.url, str(tmp_path / "killed")]
        (tmp_path / "killed").mkdir()

        def start() -> "subprocess.Popen[bytes]":
            command = [sys.executable, "-c", _CHILD, *arguments]
            return subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

        process, kills = start(), 0
        try:
            for hour in day:
                _sent(bus, hour)
                so_far |= {each.slot: each.transition.sequence for each in hour}
                if kills < _KILLS:
                    time.sleep(chance.uniform(0.0, 4.0))
                    process.kill()
                    process.wait()
                    kills += 1
                    process = start()
                _settle(engine, so_far, ledger)
        finally:
            process.kill()
            process.wait()
        assert kills == _KILLS
        assert receiver.by_id == expected
        assert receiver.came > len(expected)
    bus.close()
    engine.dispose()


_CHILD = """
import sys
from tests.real.alerts.test_killed_day import main

main(*sys.argv[1:])
"""
