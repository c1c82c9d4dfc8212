"""All settings of an installation: what the stages share, a section per stage, and what production mode refuses."""

import os
import socket
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field, SecretStr

from deploy.runtime.stages import STAGES, settings_class
from shelfstream.bus.embedded.bus import EMBEDDED_SIZES
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.topics import TopicSizes
from shelfstream.errors import Faults
from shelfstream.logs import LogFormat, LogLevel
from shelfstream.settings.base import Settings
from shelfstream.settings.load import Loaded, Wrong, load_settings
from shelfstream.settings.urls import check_files_url, check_redis_url, check_sql_url, has_sql_password

Port = Annotated[int, Field(ge=0, le=65535)]
_RedisUrl = Annotated[SecretStr, AfterValidator(check_redis_url)]
_SqlUrl = Annotated[SecretStr, AfterValidator(check_sql_url)]
_FilesUrl = Annotated[str, AfterValidator(check_files_url)]

LINK_KEY_CHARACTERS_MIN = 32
_ENCRYPTED = ("SSL", "SASL_SSL")
_CERTIFICATES = ("sslcert", "passfile", "service")


class Mode(StrEnum):
    """``demo`` makes do with what is there; ``production`` refuses what is not secured."""

    DEMO = "demo"
    PRODUCTION = "production"


class ProcessSettings(Settings):
    """One process."""

    mode: Mode = Field(Mode.DEMO, description="production refuses plaintext Kafka and empty passwords")
    name: str = Field("", description="unique name of this process; empty: made from host, process id and chance")
    data_folder: Path = Field(Path("data"), description="where everything is kept that no URL places elsewhere")
    health_host: str = Field("127.0.0.1", description="address for /live, /ready and /metrics; 0.0.0.0: all")
    health_port: Port = Field(0, description="port for them; 0: any free one, told in the log")
    log_format: LogFormat = Field(LogFormat.CONSOLE, description="console for people, json for machines")
    log_level: LogLevel = Field(LogLevel.INFO, description="debug, info, warning or error")
    drain_within_s: float = Field(30.0, gt=0, description="after a stop signal, how long work in hand may take")


class RedisSettings(Settings):
    """What is true now, for readers."""

    url: _RedisUrl | None = Field(None, description="redis://… or rediss://…; none: nobody sees what is true now")
    timeout_s: float = Field(2.0, gt=0, le=30, description="a Redis that takes longer to answer is away")


class SqlSettings(Settings):
    """What was true, the catalogue's versions and the alert ledger."""

    url: _SqlUrl | None = Field(
        None, description="postgresql://user:password@host/database or sqlite:///path; none: SQLite in the data folder"
    )


class PicturesSettings(Settings):
    """Pictures by id."""

    url: _FilesUrl | None = Field(None, description="file:///folder, s3://bucket/… ; none: a folder in the data folder")


class ArchiveSettings(Settings):
    """What analytics took in, as Parquet."""

    url: _FilesUrl | None = Field(None, description="file:///folder, s3://bucket/… ; none: a folder in the data folder")


def _check_key(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < LINK_KEY_CHARACTERS_MIN:
        raise ValueError(f"is too short to sign with: {LINK_KEY_CHARACTERS_MIN} characters at least, made by chance")
    return key


class LinksSettings(Settings):
    """Links in messages that answer one alert without a password."""

    keys: tuple[Annotated[SecretStr, AfterValidator(_check_key)], ...] = Field(
        (),
        description="what signs them, the newest first, the same for alerts and console; without any, one process with "
        "a bus of its own makes a key in its data folder, and elsewhere messages lead to the inbox",
    )


class TopicsSettings(Settings):
    """Sizes of topics, for ``shelfstream topics create``; they cannot be changed later. Defaults depend on the bus."""

    store_partitions: int | None = Field(None, ge=1, le=1000, description="partitions by store; 12 on Kafka, else 4")
    camera_partitions: int | None = Field(None, ge=1, le=1000, description="partitions by camera; 24 on Kafka, else 4")
    frames_retention_h: int = Field(24, ge=1, le=72, description="how long Kafka keeps frames")


def production_faults(kafka: KafkaSettings | None, redis: SecretStr | None, sql: SecretStr | None) -> Iterator[Wrong]:
    """Everything in these settings that is not secured. SQLite and the embedded bus are files of this machine."""
    if kafka is not None:
        yield from _kafka_faults(kafka)
    if redis is not None and not urlsplit(redis.get_secret_value()).password:
        yield ("redis", "url"), "has no password; write redis://:${REDIS_PASSWORD}@host:port/0"
    if sql is not None and _is_open(sql):
        yield ("sql", "url"), "has no password; write postgresql://user:${SQL_PASSWORD}@host/database"


def _kafka_faults(kafka: KafkaSettings) -> Iterator[Wrong]:
    if kafka.security_protocol not in _ENCRYPTED:
        yield ("kafka", "security_protocol"), f"{kafka.security_protocol} is not encrypted; use SASL_SSL or SSL"
    if kafka.security_protocol.startswith("SASL_") and not kafka.password.get_secret_value():
        yield ("kafka", "password"), "is empty"
    if kafka.security_protocol == "SSL" and kafka.ssl_certfile is None:
        yield ("kafka", "ssl_certfile"), "is needed: over SSL alone a certificate of ours says who we are"


def _is_open(url: SecretStr) -> bool:
    """Whether a database server would be spoken to without any proof of who we are."""
    text = url.get_secret_value()
    if text.startswith("sqlite"):
        return False
    return not has_sql_password(url) and not any(name in parse_qs(text.partition("?")[2]) for name in _CERTIFICATES)


SHARED: Mapping[str, type[Settings]] = {
    "process": ProcessSettings,
    "kafka": KafkaSettings,
    "redis": RedisSettings,
    "sql": SqlSettings,
    "pictures": PicturesSettings,
    "archive": ArchiveSettings,
    "topics": TopicsSettings,
    "links": LinksSettings,
}


@dataclass(frozen=True)
class Effective:
    """The settings as they hold. ``kafka`` is ``None`` where nothing was given for it: the bus is then embedded.

    ``process_name`` is unique among all processes on one bus, also among the restarts of one container.
    """

    process: ProcessSettings
    kafka: KafkaSettings | None
    redis: RedisSettings
    sql: SqlSettings
    pictures: PicturesSettings
    archive: ArchiveSettings
    topics: TopicsSettings
    links: LinksSettings
    stages: Mapping[str, Settings]
    loaded: Loaded
    process_name: str

    @property
    def bus_path(self) -> Path:
        """File of the embedded bus."""
        return self.process.data_folder / "bus.db"

    @property
    def sql_url(self) -> str:
        """The database, a secret with it if there is one."""
        given = self.sql.url
        return f"sqlite:///{self.process.data_folder / 'shelfstream.db'}" if given is None else given.get_secret_value()

    @property
    def pictures_url(self) -> str:
        """The picture store."""
        return self.pictures.url or str(self.process.data_folder / "pictures")

    @property
    def archive_url(self) -> str:
        """The archive."""
        return self.archive.url or str(self.process.data_folder / "archive")

    @property
    def topic_sizes(self) -> TopicSizes:
        """Sizes for the bus in use."""
        usual = EMBEDDED_SIZES if self.kafka is None else TopicSizes()
        return TopicSizes(
            self.topics.store_partitions or usual.store_partitions,
            self.topics.camera_partitions or usual.camera_partitions,
            self.topics.frames_retention_h,
        )


def read_settings(
    config: Path | None, environ: Mapping[str, str], *, needed: Collection[str] = (), overrides: Sequence[str] = ()
) -> Effective:
    """Read everything. ``needed`` names the stages that must be installed; others are left out where they are not.

    ``overrides`` (``section.field=value``) win over file and environment.

    Raises ``Faults`` with everything that is wrong, in production also with everything that is not secured, and with
    what the stages needed would say of their settings at their start.
    """
    stages = stage_classes(needed)
    loaded = load_settings(
        {**SHARED, **stages},
        config,
        environ,
        overrides=overrides,
        unread=set(STAGES) - set(stages),
        also=partial(_faults_beyond, needed=needed),
    )
    process = loaded.section("process", ProcessSettings)
    return Effective(
        process=process,
        kafka=_kafka(loaded),
        redis=loaded.section("redis", RedisSettings),
        sql=loaded.section("sql", SqlSettings),
        pictures=loaded.section("pictures", PicturesSettings),
        archive=loaded.section("archive", ArchiveSettings),
        topics=loaded.section("topics", TopicsSettings),
        links=loaded.section("links", LinksSettings),
        stages={stage: loaded.sections[stage] for stage in stages},
        loaded=loaded,
        process_name=process.name or f"{socket.gethostname().lower()}-{os.getpid()}-{uuid.uuid4().hex[:6]}",
    )


def stage_classes(needed: Collection[str] = ()) -> dict[str, type[Settings]]:
    """Settings of the stages that are installed here. Raises ``Faults`` where one of those needed is not."""
    found: dict[str, type[Settings]] = {}
    for stage in STAGES:
        try:
            found[stage] = settings_class(stage)
        except Faults:
            if stage in needed:
                raise
    return found


def _kafka(loaded: Loaded) -> KafkaSettings | None:
    return loaded.section("kafka", KafkaSettings) if loaded.gave("kafka") else None


def _faults_beyond(loaded: Loaded, *, needed: Collection[str]) -> Iterator[Wrong]:
    """What no section can know of itself."""
    if loaded.section("process", ProcessSettings).mode is Mode.PRODUCTION:
        redis, sql = loaded.section("redis", RedisSettings), loaded.section("sql", SqlSettings)
        yield from production_faults(_kafka(loaded), redis.url, sql.url)
    if "alerts" in needed:
        yield from _channel_faults(loaded)


def _channel_faults(loaded: Loaded) -> Iterator[Wrong]:
    """What alerts would say of its channels. Their library is loaded only where there are channels."""
    from alerts.settings import AlertsSettings  # noqa: PLC0415 - other machines need no alerts installed

    delivery = loaded.section("alerts", AlertsSettings).delivery
    if not delivery.channels:
        return
    try:
        # By name, as stages are built: where alerts are not installed whole, nothing of them is missed here.
        open_channels: Callable[[Sequence[SecretStr], float], object] = import_module("alerts.__main__").open_channels
    except ModuleNotFoundError:
        # Whoever runs alerts here is told what to install.
        return
    for index, channel in enumerate(delivery.channels):
        try:
            open_channels((channel,), delivery.send_within_s)
        except Faults as exc:
            yield ("alerts", "delivery", "channels", index), exc.faults[0].what
