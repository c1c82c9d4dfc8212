"""Settings that all stages share: the process itself, and the servers around it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from shelfstream.logs import LogFormat, LogLevel
from shelfstream.settings import Settings
from shelfstream.settings_urls import check_pictures_url, check_redis_url, check_sql_url

Port = Annotated[int, Field(ge=0, le=65535)]
_RedisUrl = Annotated[SecretStr, AfterValidator(check_redis_url)]
_SqlUrl = Annotated[SecretStr, AfterValidator(check_sql_url)]
_PicturesUrl = Annotated[str, AfterValidator(check_pictures_url)]


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

    url: _PicturesUrl | None = Field(
        None, description="file:///folder, s3://bucket/… ; none: a folder in the data folder"
    )


class TopicsSettings(Settings):
    """Sizes of topics, for ``shelfstream topics create``; they cannot be changed later. Defaults depend on the bus."""

    store_partitions: int | None = Field(None, ge=1, le=1000, description="partitions by store; 12 on Kafka, else 4")
    camera_partitions: int | None = Field(None, ge=1, le=1000, description="partitions by camera; 24 on Kafka, else 4")
    frames_retention_h: int = Field(24, ge=1, le=72, description="how long Kafka keeps frames")
