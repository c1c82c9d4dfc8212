"""Ingest on a real Kafka broker that is frozen in the middle."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ingest_samples import jpeg
from running_ingest import Site, check_orders, until

from deploy.stack.kafka.broker import Kafka
from ingest import metrics
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.topics import TopicSizes, topic_table

pytestmark = [pytest.mark.real, pytest.mark.slow]
_TABLE = topic_table(TopicSizes(2, 2))


@pytest.fixture
def broker(kafka_cache: Path) -> Iterator[Kafka]:
    with Kafka(kafka_cache) as running:
        yield running


@pytest.fixture
def place(broker: Kafka) -> Iterator[Site]:
    settings = KafkaSettings(bootstrap_servers=broker.url, request_timeout_s=3.0, delivery_timeout_s=4.0)
    bus = KafkaBus(settings, _TABLE)
    admin = bus.admin()
    admin.create(list(_TABLE.values()))
    admin.close()
    made = Site(bus)
    made.open_store()
    yield made
    made.reader.close()
    made.producer.close()


def test_frames_go_on_after_the_broker_stood_still(place: Site, broker: Kafka, tmp_path: Path) -> None:
    """While Kafka is frozen frames give way to newer ones, counted; once it goes on so do they, in order."""
    (tmp_path / "shelf.jpg").write_bytes(jpeg(60))
    place.put("left", str(tmp_path / "shelf.jpg"))
    place.put("right", str(tmp_path / "shelf.jpg"))
    with place.ingest() as running:
        until(lambda: place.frames("left") and place.frames("right"), 60)
        before = {camera: len(place.frames(camera)) for camera in ("left", "right")}
        broker.freeze()
        until(lambda: (place.metrics.value(metrics.FRAMES_DROPPED.name, camera="main/left") or 0) > 20, 60)
        broker.thaw()
        until(lambda: all(len(place.frames(camera)) > before[camera] + 5 for camera in before), 90)
        assert not running.ended.done()
    for camera in before:
        check_orders(place.frames(camera), epochs=1)
