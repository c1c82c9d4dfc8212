"""The console of a large store as a process of its own: ``python -m benchmarks.viewers.server --help``."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import redis
import typer
from fastapi import FastAPI

from analytics.live.news import LiveNews
from analytics.live.reader import LiveReader
from benchmarks.viewers.big_store import catalogue
from console.answering import Answering
from console.app import make_app
from console.console_data import ConsoleData
from console.reading import SqlHistory, SqlInbox
from console.service import ConsoleService
from console.settings import ConsoleSettings
from console.setup.eyes import Eyes
from console.sources import ConsoleSources
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.catalogue.catalogue import Catalogue, CatalogueSnapshot
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.migrations.upgrade import upgrade
from shelfstream.secrets import KnownSecrets
from shelfstream.sql import engine_of


class _Fixed:
    """A catalogue that does not change."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.snapshot = CatalogueSnapshot(1, catalogue)


def main(
    url: Annotated[str, typer.Option(help="The Redis in which the store stands.")],
    folder: Annotated[Path, typer.Option(help="Pictures and ledger.")],
    port: Annotated[int, typer.Option(help="Where it listens.")],
    bays: Annotated[int, typer.Option(help="How large the store is.")] = 60,
) -> None:
    """Serve until killed."""
    clock = SystemClock()
    engine = engine_of(f"sqlite:///{folder}/ledger.db")
    upgrade(engine)
    pictures = PictureStore((folder / "pictures").as_uri())
    live = LiveReader(redis.Redis.from_url(url), clock)
    answering = Answering(EmbeddedBus(None, clock).producer(), clock, within_s=1.0, by="benchmark")
    fixed, eyes = _Fixed(catalogue(bays)), Eyes(pictures, None)
    sources = ConsoleSources(live, SqlInbox(engine), SqlHistory(engine), pictures, fixed, answering, eyes)
    settings = ConsoleSettings(port=port, port_fallback=False, sign_in="off")

    @contextmanager
    def app() -> Iterator[FastAPI]:
        yield make_app(console_data, KnownSecrets())

    console_data = ConsoleData(sources, settings, clock)
    news = LiveNews(redis.Redis.from_url(url), console_data.changed)
    console_data.heard_by(news)
    ConsoleService(settings, app, {"console-news": news.run}).run(threading.Event())


if __name__ == "__main__":
    typer.run(main)
