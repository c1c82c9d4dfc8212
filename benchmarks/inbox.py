"""How long an inbox with thousands of open alerts takes: ``python -m benchmarks.inbox --help``."""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Engine

from alerts.handler import AlertsHandler
from alerts.ledger import Ledger
from alerts.model import AlertsState
from alerts.policy import Policy
from alerts.settings import AlertsSettings
from analytics.contract import SlotState
from benchmarks.alert_events import received_event
from console.answering import Answering
from console.html.inbox_page import inbox_cards
from console.read_models import InboxWatch
from console.reading import SqlInbox
from console.views.build import in_walking_order
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.catalogue.catalogue import Catalogue, CatalogueSnapshot
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of

_RUNS = 9


class _Nothing:
    """A catalogue of which nothing is known: names are identifiers then."""

    snapshot = CatalogueSnapshot(1, Catalogue.of([]))


def fill(engine: Engine, alerts: int, began: datetime) -> float:
    """Raise so many alerts; the seconds that writing them took."""
    handler = AlertsHandler(Policy.of(AlertsSettings(), lambda _: None), lambda _s, _p, _n: False)
    gaps = [received_event(f"p{number}", began, SlotState.OUT) for number in range(alerts)]
    effects = handler.handle(AlertsState(), gaps, began).effects
    written_s = time.perf_counter()
    Ledger(engine, lambda *_: ("chat",), tell_cleared=False).apply(effects)
    return time.perf_counter() - written_s


def main(
    alerts: Annotated[int, typer.Option(help="How many are open.")] = 5000,
    sql: Annotated[str, typer.Option(help="A database of its own; none: SQLite in a folder that goes again.")] = "",
) -> None:
    """Fill a ledger, then read the inbox and make its markup, again and again."""
    console, clock = Console(), SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_of(sql or f"sqlite:///{folder}/ledger.db")
        upgrade(engine)
        began = datetime.now(UTC) - timedelta(hours=1)
        written_s = fill(engine, alerts, began)
        pictures, bus = PictureStore(Path(folder).as_uri()), EmbeddedBus(None, clock)
        answering = Answering(bus.producer(), clock, within_s=1.0, by="benchmark")
        watch = InboxWatch(None, SqlInbox(engine), pictures, _Nothing(), answering, clock=clock, closed_shown=20)
        taken_s = [_opened_s(watch) for _ in range(_RUNS)]
        bus.close()
        engine.dispose()
    console.print(f"{alerts} alerts written in {written_s:.2f} s")
    console.print(f"inbox read and made in {median(taken_s):.3f} s (median of {_RUNS}; slowest {max(taken_s):.3f} s)")


def _opened_s(watch: InboxWatch) -> float:
    began_s = time.perf_counter()
    now = watch.read()
    markup = "".join(each for _, each in inbox_cards(now, {}, may_answer=True))
    if not markup or not in_walking_order(now.waiting):
        raise RuntimeError("the inbox is empty")
    return time.perf_counter() - began_s


if __name__ == "__main__":
    typer.run(main)
