"""All settings of an installation: what the stages share, and a section per stage."""

import os
import socket
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

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
from shelfstream.settings_load import Loaded, load_settings

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

    Raises ``Faults`` with everything that is wrong, in production also with everything that is not secured.
    """
    stages: dict[str, type[Settings]] = {}
    for stage in STAGES:
        try:
            stages[stage] = settings_class(stage)
        except Faults:
            if stage in needed:
                raise
    loaded = load_settings({**SHARED, **stages}, config, environ, unread=set(STAGES) - set(stages))
    process = loaded.section("process", ProcessSettings)
    effective = Effective(
        process=process,
        kafka=loaded.section("kafka", KafkaSettings) if loaded.gave("kafka") else None,
        redis=loaded.section("redis", RedisSettings),
        sql=loaded.section("sql", SqlSettings),
        pictures=loaded.section("pictures", PicturesSettings),
        topics=loaded.section("topics", TopicsSettings),
        stages={stage: loaded.sections[stage] for stage in stages},
        loaded=loaded,
        process_name=process.name or f"{socket.gethostname().lower()}-{os.getpid()}-{uuid.uuid4().hex[:6]}",
    )
    if effective.process.mode is Mode.PRODUCTION:
        faults = list(production_faults(effective.kafka, effective.redis.url, effective.sql.url))
        if faults:
            raise Faults("settings for production", faults)
    return effective
