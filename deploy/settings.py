"""All settings of an installation: what the stages share, and a section per stage."""

import os
import socket
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from pydantic import SecretStr

from deploy.process_settings import (
    Mode,
    PicturesSettings,
    ProcessSettings,
    RedisSettings,
    SqlSettings,
    TopicsSettings,
)
from deploy.production import production_faults
from deploy.stages import STAGES, settings_class
from shelfstream.bus.embedded.bus import EMBEDDED_SIZES
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.topics import TopicSizes
from shelfstream.errors import Faults
from shelfstream.settings import Settings
from shelfstream.settings_load import Loaded, Wrong, load_settings

SHARED: Mapping[str, type[Settings]] = {
    "process": ProcessSettings,
    "kafka": KafkaSettings,
    "redis": RedisSettings,
    "sql": SqlSettings,
    "pictures": PicturesSettings,
    "topics": TopicsSettings,
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
    topics: TopicsSettings
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
    def topic_sizes(self) -> TopicSizes:
        """Sizes for the bus in use."""
        usual = EMBEDDED_SIZES if self.kafka is None else TopicSizes()
        return TopicSizes(
            self.topics.store_partitions or usual.store_partitions,
            self.topics.camera_partitions or usual.camera_partitions,
            self.topics.frames_retention_h,
        )


def read_settings(config: Path | None, environ: Mapping[str, str], *, needed: Collection[str] = ()) -> Effective:
    """Read everything. ``needed`` names the stages that must be installed; others are left out where they are not.

    Raises ``Faults`` with everything that is wrong, in production also with everything that is not secured, and with
    what the stages needed would say of their settings at their start.
    """
    stages = stage_classes(needed)
    loaded = load_settings(
        {**SHARED, **stages},
        config,
        environ,
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
        topics=loaded.section("topics", TopicsSettings),
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
