"""One alerts process on real servers: ``… -m tests.unit.alerts.alerts_child KAFKA POSTGRES CHANNEL FOLDER NAME``."""

import sys
import threading

from alerts.__main__ import build
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.topics import TopicSizes, topic_table
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of
from tests.unit.alerts.alert_rig import settings_for

SIZES = TopicSizes(store_partitions=4, camera_partitions=4)


def kafka_bus(url: str) -> KafkaBus:
    """The bus that test and processes share; a silent member is given up after three seconds."""
    return KafkaBus(KafkaSettings(bootstrap_servers=url, session_timeout_s=3), topic_table(SIZES))


def main(kafka: str, postgres: str, channel: str, folder: str, name: str) -> None:
    """Run until killed."""
    parts = StageContext(
        bus=kafka_bus(kafka),
        clock=SystemClock(),
        pictures=PictureStore(folder),
        process=name,
        redis=None,
        engine=engine_of(postgres),
        metrics=Metrics(),
    )
    build(settings_for(channel, claim_s=2.0, send_within_s=1.5), parts).run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
