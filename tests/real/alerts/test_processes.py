"""Two alerts processes on real Kafka and PostgreSQL, killed and frozen, end like one that was left alone."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.contract import AlertRecord
from alerts.handler import AlertsHandler, AlertsItem
from alerts.inbox import open_alerts
from alerts.ledger import Ledger
from alerts.model import AlertsState, SlotFold
from analytics.contract import SlotState, StockEvent
from devstack.kafka.broker import Kafka
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import EVENTS, topic_table
from shelfstream.errors import Unavailable
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of
from tests.unit.alerts.alert_rig import alert_records, inbox
from tests.unit.alerts.alert_samples import at, event, everybody, policy, record
from tests.unit.alerts.alerts_child import SIZES, kafka_bus

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(280)]
_ROOT = Path(__file__).parents[3]
_STORES = tuple(f"store-{number}" for number in range(1, 7))
_STATES = (SlotState.STOCKED, SlotState.OUT, SlotState.OUT, SlotState.UNKNOWN, SlotState.LOW)
_SETTLES_WITHIN_S = 120.0
_FROZEN_S = 5.0  # longer than the session timeout of three seconds
Folds = dict[tuple[str, str], SlotFold]
Told = dict[tuple[str, int], AlertRecord]
Start = Callable[[str], subprocess.Popen[bytes]]


class Pair:
    """Two processes; one that ended is started again, as a supervisor would."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self.running = {name: start(name) for name in ("alerts-1", "alerts-2")}

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.running[name].wait()
        self.look_after()

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        self.running[name].send_signal(signal.SIGSTOP)
        yield
        self.running[name].send_signal(signal.SIGCONT)

    def look_after(self) -> None:
        for name, process in self.running.items():
            if process.poll() is not None:
                self.running[name] = self._start(name)

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


def _events(rounds: int) -> list[StockEvent]:
    """Random lives of slots, some of their changes sent twice."""
    chance = random.Random(7)
    found: list[StockEvent] = []
    for sequence in range(1, rounds + 1):
        for store in _STORES:
            found.extend(event(sequence, chance.choice(_STATES), slot=slot, store=store) for slot in ("a1", "a2"))
            found.extend(chance.choices(found, k=2))
    return found


def _undisturbed(events: list[StockEvent]) -> tuple[Folds, Told]:
    """What one process makes of it, without any server."""
    handler = AlertsHandler(policy(cooldown_s=0.0, escalate_after_s=0.0), lambda store, slot, now: False)
    batch: list[Received[AlertsItem]] = [Received(record(each.message()), each) for each in events]
    outcome = handler.handle(AlertsState(), batch, at(0))
    messages = [message for wave in outcome.waves for message in wave]
    return _plain(list(outcome.state.folds())), _told([AlertRecord.decode(message.value) for message in messages])


def _plain(folds: list[SlotFold]) -> Folds:
    return {(fold.store, fold.slot): fold.model_copy(update={"revision": 0}) for fold in folds}


def _told(records: list[AlertRecord]) -> Told:
    return {(step.alert_id, step.step): step.model_copy(update={"emitted_at": None}) for step in records}


def _starter(tmp_path: Path, *arguments: str) -> Start:
    def start(name: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "tests.unit.alerts.alerts_child", *arguments, name]
            return subprocess.Popen(command, cwd=_ROOT, stdout=log, stderr=log)

    return start


def _send(bus: KafkaBus, events: list[StockEvent]) -> None:
    producer = bus.producer()
    futures = [producer.send(each.message()) for each in events]
    producer.flush(30)
    for future in futures:
        future.result(30)
    producer.close()


def _read(ledger: Ledger) -> int:
    """How many changes the ledger has taken in."""
    return sum(fold.sequence for fold in ledger.folds(_STORES))


def _settle(done: Callable[[], bool], pair: Pair) -> None:
    give_up_s = time.monotonic() + _SETTLES_WITHIN_S
    while not done():
        assert time.monotonic() < give_up_s, "the processes did not settle"
        pair.look_after()
        time.sleep(0.2)


@pytest.fixture
def kafka(kafka_cache: Path) -> Iterator[str]:
    """A broker of its own, since the names of topics are fixed."""
    with Kafka(kafka_cache) as broker:
        admin = kafka_bus(broker.url).admin()
        admin.create(list(topic_table(SIZES).values()))
        admin.close()
        yield broker.url


def test_killed_and_frozen_processes_change_no_record(kafka: str, postgres_url: str, tmp_path: Path) -> None:
    """Ledger, inbox and records, whole, are those of an undisturbed run, and every gap that is left was told."""
    events, bus, engine = _events(rounds=40), kafka_bus(kafka), engine_of(postgres_url)
    upgrade(engine)
    ledger = Ledger(engine, everybody(), tell_cleared=False)
    quarter = len(events) // 4
    with inbox() as people:
        pair = Pair(_starter(tmp_path, kafka, postgres_url, people.url, str(tmp_path / "pictures")))
        admin = bus.admin()

        def settled() -> bool:
            told = {alert.alert_id for alert in open_alerts(engine) if alert.sent_at is not None}
            try:
                return not any(admin.lag("alerts", [EVENTS]).values()) and len(told) == len(still_open)
            except Unavailable:
                return False

        folds, records = _undisturbed(events)
        still_open = {fold.open.alert_id for fold in folds.values() if fold.open is not None}

        def send_and_see_it_begin(part: list[StockEvent]) -> None:
            before = _read(ledger)
            _send(bus, part)
            _settle(lambda: _read(ledger) > before, pair)

        try:
            send_and_see_it_begin(events[:quarter])
            pair.kill("alerts-1")
            send_and_see_it_begin(events[quarter : 2 * quarter])
            with pair.frozen("alerts-1"):
                _send(bus, events[2 * quarter : 3 * quarter])
                time.sleep(_FROZEN_S)
            pair.kill("alerts-2")
            send_and_see_it_begin(events[3 * quarter :])
            pair.kill("alerts-1")
            _settle(settled, pair)
        finally:
            pair.end()
        admin.close()
        assert _plain(ledger.folds(_STORES)) == folds
        assert {alert.alert_id for alert in open_alerts(engine)} == still_open
        assert _told(alert_records(bus)) == records
        assert still_open <= {each["message"].rpartition("/")[2] for each in people.taken}
    engine.dispose()
