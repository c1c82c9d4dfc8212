"""A whole alerts service on the embedded bus and SQLite, and a local service that takes its messages."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from alerts.__main__ import build
from alerts.contract import AlertRecord
from alerts.settings import AlertsSettings, DeliverySettings
from shelfstream.bus.api import Bus, Message, Partition
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.topics import ALERTS
from shelfstream.clock import Clock, SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.migrations.upgrade import upgrade
from shelfstream.service import StageContext
from shelfstream.sql import engine_of

PATIENCE_S = 20.0


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, and fail when it does not come."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up_s, "it did not come"
        time.sleep(0.01)


@dataclass
class Inbox:
    """A web service that takes messages as JSON; while ``answers`` is set it answers with ``status``."""

    url: str = ""
    status: int = 200
    answers: threading.Event = field(default_factory=threading.Event)
    taken: list[dict[str, Any]] = field(default_factory=list)
    tried: int = 0
    refused: int = 0
    on_taken: Callable[[], None] = lambda: None

    def titles(self) -> list[str]:
        return [each["title"] for each in self.taken]


@contextmanager
def inbox(port: int = 0) -> Iterator[Inbox]:
    """The web service, running."""
    held = Inbox()
    held.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            held.tried += 1
            held.answers.wait(PATIENCE_S)
            if held.status == 200:
                held.taken.append(body)
                held.on_taken()
            else:
                held.refused += 1
            self.send_response(held.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    held.url = f"json://127.0.0.1:{server.server_address[1]}/"
    try:
        yield held
    finally:
        held.answers.set()
        server.shutdown()
        server.server_close()
        thread.join()


def settings_for(*urls: str, **delivery: Any) -> AlertsSettings:
    """Settings that do not let a test wait."""
    quick = {
        "picture_wait_s": 0.0,
        "bundle_most": 1,
        "bundle_wait_s": 0.0,
        "look_every_s": 0.02,
        "retry_first_s": 0.05,
        "retry_most_s": 0.1,
        **delivery,
    }
    return AlertsSettings(
        catalogue_every_s=0.1,
        # Events of the tests are of another day than the clock: what is held back would be due by chance.
        cooldown_s=0.0,
        escalate_after_s=0.0,
        delivery=DeliverySettings(channels=tuple(SecretStr(url) for url in urls), **quick),
        loop=LoopSettings(tick_every_s=0.05, batch_max_wait_s=0.0),
    )


def open_parts(folder: Path, process: str = "alerts-1", clock: Clock | None = None) -> StageContext:
    """Bus, ledger and pictures in a folder, as they were left there."""
    used = clock or SystemClock()
    engine = engine_of(f"sqlite:///{folder}/ledger.db")
    upgrade(engine)
    return StageContext(
        bus=EmbeddedBus(folder / "bus.db", used),
        clock=used,
        pictures=PictureStore(f"file://{folder}/pictures"),
        process=process,
        redis=None,
        engine=engine,
        metrics=Metrics(),
    )


def close_parts(parts: StageContext) -> None:
    """Close what ``open_parts`` opened."""
    parts.bus.close()
    parts.engine.dispose()


@contextmanager
def running(settings: AlertsSettings, parts: StageContext) -> Iterator[None]:
    """The service at work until the block ends; a failure of it is the test's."""
    service = build(settings, parts)
    stop, failed = threading.Event(), []

    def run() -> None:
        try:
            service.run(stop)
        except BaseException as exc:
            failed.append(exc)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(lambda: service.ready() or bool(failed))
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert not failed


def send(parts: StageContext, *messages: Message) -> None:
    """Put messages on the bus, each acknowledged."""
    producer = parts.bus.producer()
    for message in messages:
        producer.send(message).result(PATIENCE_S)
    producer.close()


def alert_records(bus: Bus) -> list[AlertRecord]:
    """All that stands on ``shelf.alerts``, repeats included."""
    admin, reader = bus.admin(), bus.reader()
    found: list[AlertRecord] = []
    for index in range(admin.partition_counts([ALERTS])[ALERTS]):
        partition = Partition(ALERTS, index)
        found += [AlertRecord.decode(record.value) for record in reader.read(partition, *reader.bounds(partition))]
    reader.close()
    admin.close()
    return found
