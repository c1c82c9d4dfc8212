"""Ingest on a real Kafka broker that is frozen in the middle."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from devstack.kafka.broker import Kafka
from ingest import metrics
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.topics import FRAMES, TopicSizes, TopicSpec, topic_table
from tests.unit.ingest.ingest_samples import jpeg, noise_jpeg
from tests.unit.ingest.running_ingest import Site, check_orders, until

pytestmark = [pytest.mark.real, pytest.mark.slow]
_TABLE = topic_table(TopicSizes(2, 2))


@pytest.fixture
def broker(kafka_cache: Path) -> Iterator[Kafka]:
    with Kafka(kafka_cache) as running:
        yield running


@pytest.fixture
def place(broker: Kafka) -> Iterator[Site]:
    yield from opened(broker, _TABLE)


@pytest.fixture
def narrow_place(broker: Kafka) -> Iterator[Site]:
    """A broker whose topic of frames somebody made with its defaults: about 1 MB a record."""
    frames = replace(_TABLE[FRAMES], max_message_bytes=1_000_000)
    yield from opened(broker, {**_TABLE, FRAMES: frames})


def opened(broker: Kafka, made_as: Mapping[str, TopicSpec]) -> Iterator[Site]:
    settings = KafkaSettings(bootstrap_servers=broker.url, request_timeout_s=3.0, delivery_timeout_s=4.0)
    bus = KafkaBus(settings, _TABLE)
    admin = bus.admin()
    admin.create(list(made_as.values()))
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


def test_a_camera_whose_pictures_are_refused_silences_nobody(narrow_place: Site, tmp_path: Path) -> None:
    """Its frames are lost, counted and told in its status; the other camera's frames and all statuses flow on."""
    (tmp_path / "small.jpg").write_bytes(jpeg(60))
    large = noise_jpeg((1700, 1100))
    assert 1_100_000 < len(large) < 4_000_000
    (tmp_path / "large.jpg").write_bytes(large)
    narrow_place.put("large", str(tmp_path / "large.jpg"))
    narrow_place.put("small", str(tmp_path / "small.jpg"))
    with narrow_place.ingest() as running:
        until(lambda: (narrow_place.metrics.value(metrics.FRAMES_DROPPED.name, camera="main/large") or 0) > 10, 60)
        seen = len(narrow_place.frames("small"))
        until(lambda: len(narrow_place.frames("small")) > seen + 20, 60)
        until(lambda: "refuses" in getattr(narrow_place.status("large"), "detail", ""), 60)
        assert not running.ended.done()
    assert narrow_place.frames("large") == []
    check_orders(narrow_place.frames("small"), epochs=1)
