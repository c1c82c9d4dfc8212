"""What commands open: the settings that this command line names, and what they lead to."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from deploy.open_parts import open_bus, open_engine
from deploy.settings import Effective, read_settings
from shelfstream.catalogue.publish import Outlets
from shelfstream.clock import SystemClock
from shelfstream.pictures import PictureStore

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", envvar="SHELFSTREAM_CONFIG", help="YAML file of settings.", dir_okay=False, exists=True),
]


_config: ContextVar[Path | None] = ContextVar("config", default=None)


def remember_config(config: Path | None) -> None:
    """Keep what ``shelfstream --config`` named for the command that follows it."""
    _config.set(config)


def settings_here(config: Path | None = None, *, needed: tuple[str, ...] = ()) -> Effective:
    """The settings of this command line; ``config`` wins over ``shelfstream --config``. Raises ``Faults``."""
    return read_settings(config or _config.get(), os.environ, needed=needed)


@contextmanager
def engine_here() -> Iterator[Engine]:
    """The SQL database that the settings name."""
    with open_engine(settings_here()) as engine:
        yield engine


@contextmanager
def outlets_here() -> Iterator[Outlets]:
    """Where the catalogue goes as the settings say."""
    settings = settings_here()
    with ExitStack() as stack:
        bus = stack.enter_context(open_bus(settings, SystemClock()))
        yield Outlets(
            pictures=PictureStore(settings.pictures_url),
            engine=stack.enter_context(open_engine(settings)),
            producer=stack.enter_context(closing(bus.producer())),
            reader=stack.enter_context(closing(bus.reader())),
            admin=stack.enter_context(closing(bus.admin())),
        )
