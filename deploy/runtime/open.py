"""Opens the outside world as the settings say: the one place that chooses implementations.

Commands come here with the settings that their command line names.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr
from sqlalchemy import Engine

from deploy.runtime.settings import LINK_KEY_CHARACTERS_MIN, Effective, read_settings
from shelfstream.bus.api import Bus
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.topics import topic_table
from shelfstream.catalogue.publish import PublishTargets
from shelfstream.clock import Clock, SystemClock
from shelfstream.errors import Fault, Faults
from shelfstream.file_store import PictureStore, archive_at
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of

if TYPE_CHECKING:
    import redis


@contextmanager
def open_parts(settings: Effective, *, clock: Clock | None = None) -> Iterator[StageContext]:
    """Everything that stages stand on, closed in the end. Redis, SQL and Kafka are connected to when first used.

    Raises ``Faults`` for what cannot be opened, ``Unavailable`` when the embedded bus's file cannot be used.
    """
    ours = clock or SystemClock()
    with ExitStack() as stack:
        yield StageContext(
            bus=stack.enter_context(open_bus(settings, ours)),
            clock=ours,
            pictures=PictureStore(settings.pictures_url),
            process=settings.process_name,
            redis=stack.enter_context(_open_redis(settings)),
            engine=stack.enter_context(open_engine(settings)),
            metrics=Metrics(),
            member=settings.process.name or None,
            secrets=settings.loaded.secrets,
            archive=archive_at(settings.archive_url),
            link_keys=link_keys(settings),
        )


@contextmanager
def open_bus(settings: Effective, clock: Clock) -> Iterator[Bus]:
    """Kafka where the settings name one, else the embedded bus in the data folder."""
    table = topic_table(settings.topic_sizes)
    bus: Bus
    if settings.kafka is not None:
        from shelfstream.bus.kafka.bus import KafkaBus  # noqa: PLC0415 - the embedded bus needs no Kafka client

        bus = KafkaBus(settings.kafka, table)
    else:
        _make_data_folder(settings)
        bus = EmbeddedBus(settings.bus_path, clock, table)
    with closing(bus):
        yield bus


@contextmanager
def open_engine(settings: Effective) -> Iterator[Engine]:
    """The SQL database's engine."""
    if settings.sql.url is None:
        _make_data_folder(settings)
    engine = engine_of(settings.sql_url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _open_redis(settings: Effective) -> Iterator["redis.Redis | None"]:
    if settings.redis.url is None:
        yield None
        return
    try:
        import redis  # noqa: PLC0415 - ingest and the detector run without it
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ModuleNotFoundError:
        # Whoever needs it says so when it is built; its import there names the extra.
        yield None
        return
    timeout_s = settings.redis.timeout_s
    try:
        client = redis.Redis.from_url(
            settings.redis.url.get_secret_value(),
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            # One retry mends a connection that a restarted server has forgotten; more would hold up a loop.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError as exc:
        raise Faults("settings", [Fault("redis.url", "is no redis://, rediss:// or unix:// URL")]) from exc
    with closing(client):
        yield client


def link_keys(settings: Effective) -> tuple[SecretStr, ...]:
    """What signs links in messages: the keys that were given; else, for one process with a bus of its own, a key that
    is made once and kept in the data folder, for its owner alone. Raises ``Faults`` where that cannot be.
    """
    if settings.links.keys or settings.kafka is not None:
        return settings.links.keys
    _make_data_folder(settings)
    path = settings.process.data_folder / "link.key"
    try:
        with (
            suppress(FileExistsError),
            os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file,
        ):
            file.write(secrets.token_urlsafe(LINK_KEY_CHARACTERS_MIN))
        key = path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise Faults("settings", [Fault("process.data_folder", f"{path}: {exc.strerror}")]) from exc
    if len(key) < LINK_KEY_CHARACTERS_MIN:
        raise Faults("settings", [Fault(str(path), "holds no key; delete it, and a new one is made")])
    settings.loaded.secrets.add(key)
    return (SecretStr(key),)


def _make_data_folder(settings: Effective) -> None:
    folder = settings.process.data_folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise Faults("settings", [Fault("process.data_folder", f"{folder}: {exc.strerror}")]) from exc


ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", envvar="SHELFSTREAM_CONFIG", help="YAML file of settings.", dir_okay=False, exists=True),
]


_config: ContextVar[Path | None] = ContextVar("config", default=None)


def remember_config(config: Path | None) -> None:
    """Keep what ``shelfstream --config`` named for the command that follows it."""
    _config.set(config)


def settings_here(
    config: Path | None = None, *, needed: tuple[str, ...] = (), overrides: Sequence[str] = ()
) -> Effective:
    """The settings of this command line; ``config`` wins over ``shelfstream --config``. Raises ``Faults``."""
    return read_settings(config_file(config), os.environ, needed=needed, overrides=overrides)


def config_file(config: Path | None = None) -> Path | None:
    """The settings file of this command line: what the command was given, else what stands before it."""
    return config or _config.get()


@contextmanager
def engine_here() -> Iterator[Engine]:
    """The SQL database that the settings name."""
    with open_engine(settings_here()) as engine:
        yield engine


@contextmanager
def targets_here() -> Iterator[PublishTargets]:
    """Where the catalogue goes as the settings say."""
    settings = settings_here()
    with ExitStack() as stack:
        bus = stack.enter_context(open_bus(settings, SystemClock()))
        engine = stack.enter_context(open_engine(settings))
        yield stack.enter_context(targets_on(bus, engine, PictureStore(settings.pictures_url)))


@contextmanager
def targets_on(bus: Bus, engine: Engine, pictures: PictureStore) -> Iterator[PublishTargets]:
    """Where a catalogue goes that is published, on what is open already."""
    with closing(bus.producer()) as producer, closing(bus.reader()) as reader, closing(bus.admin()) as admin:
        yield PublishTargets(pictures=pictures, engine=engine, producer=producer, reader=reader, admin=admin)
