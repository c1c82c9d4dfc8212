"""One analytics process on real servers: ``python -m tests.unit.analytics.analytics_child KAFKA REDIS NAME``."""

import sys
import threading

import redis

from analytics.__main__ import build
from analytics.settings import AnalyticsSettings
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.topics import TopicSizes, topic_table
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of

SIZES = TopicSizes(store_partitions=3, camera_partitions=3)


def kafka_bus(url: str) -> KafkaBus:
    """The bus that test and processes share; a silent member is given up after three seconds."""
    return KafkaBus(KafkaSettings(bootstrap_servers=url, session_timeout_s=3), topic_table(SIZES))


def main(kafka: str, redis_url: str, name: str) -> None:
    """Run until killed."""
    parts = StageContext(
        bus=kafka_bus(kafka),
        clock=SystemClock(),
        pictures=PictureStore("memory://"),
        process=name,
        redis=redis.Redis.from_url(redis_url),
        engine=engine_of("sqlite://"),
        metrics=Metrics(),
    )
    build(AnalyticsSettings(), parts).run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
