"""``shelfstream topics`` against a real broker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from devstack.kafka.broker import Kafka
from shelfstream.bus.topics import TopicSizes, TopicSpec, topic_table

pytestmark = [pytest.mark.real, pytest.mark.slow]

_SIZES = TopicSizes(store_partitions=2, camera_partitions=3, frames_retention_h=5)
# A record's key, headers and framing come on top of what the table says of its value.
_FRAMING_BYTES = 64 * 1024


@pytest.fixture
def broker(kafka_cache: Path) -> Iterator[Kafka]:
    with Kafka(kafka_cache) as running:
        yield running


def topics(broker: Kafka, *command: str) -> subprocess.CompletedProcess[str]:
    """Run ``shelfstream topics COMMAND``, or another command of several words, against this broker."""
    words = ("topics", *command) if len(command) == 1 else command
    settings = {
        "SHELFSTREAM_KAFKA__BOOTSTRAP_SERVERS": broker.url,
        "SHELFSTREAM_TOPICS__STORE_PARTITIONS": str(_SIZES.store_partitions),
        "SHELFSTREAM_TOPICS__CAMERA_PARTITIONS": str(_SIZES.camera_partitions),
        "SHELFSTREAM_TOPICS__FRAMES_RETENTION_H": str(_SIZES.frames_retention_h),
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHELFSTREAM_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy", *words],
        env=clean | settings, check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def found_on(broker: Kafka, names: list[str]) -> dict[str, dict[str, str]]:
    """What the broker itself says of topics: their partitions and configs, by name."""
    with closing(KafkaAdminClient(bootstrap_servers=broker.url)) as admin:
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        (described,) = admin.describe_configs(asked, config_filter="all").values()
        found = {name: {key: entry["value"] for key, entry in configs.items()} for name, configs in described.items()}
        for topic in admin.describe_topics(names):
            found[topic["name"]]["partitions"] = str(len(topic["partitions"]))
    return found


def wanted_of(spec: TopicSpec) -> dict[str, str]:
    """What a broker has to say of a topic that is as the table wants it."""
    wanted = {
        "partitions": str(spec.partitions),
        "cleanup.policy": "compact" if spec.compacted else "delete",
        "segment.ms": str(spec.segment_ms),
        "max.message.bytes": str(spec.max_message_bytes + _FRAMING_BYTES),
        "message.timestamp.type": "LogAppendTime" if spec.log_append_time else "CreateTime",
        # Pictures are JPEGs: a broker that compressed them again would work for nothing.
        "compression.type": "producer",
    }
    if spec.retention_ms is not None:
        # Only time ends a record: a size would, on a broker that has one by default, end it early.
        wanted |= {"retention.ms": str(spec.retention_ms), "retention.bytes": "-1"}
    return wanted


def test_topics_are_created_on_kafka(broker: Kafka) -> None:
    """``topics check`` fails on a fresh broker, ``create`` makes them all once, and then ``check`` is content."""
    missing = topics(broker, "check")
    assert missing.returncode == 2
    assert "shelfstream topics create" in missing.stderr
    assert topics(broker, "create").stdout.startswith("created: shelf.")
    assert topics(broker, "create").stdout.startswith("nothing to create")
    assert topics(broker, "check").returncode == 0
    assert "shelf.levels" in topics(broker, "list").stdout


def made_without_a_word(broker: Kafka) -> None:
    """The topics as somebody makes them who knows their names alone."""
    with closing(KafkaAdminClient(bootstrap_servers=broker.url)) as admin:
        for spec in topic_table(_SIZES).values():
            # The test's broker takes larger records than Kafka's own default.
            made = {"num_partitions": spec.partitions, "configs": {"max.message.bytes": "1048588"}}
            admin.create_topics({spec.name: {**made, "replication_factor": 1}})


def test_topics_with_a_brokers_defaults_are_told_and_mended(broker: Kafka) -> None:
    """Made without settings they are named with all that is wrong; ``apply`` mends them."""
    made_without_a_word(broker)
    checked = topics(broker, "check")
    assert checked.returncode == 2
    assert "shelf.frames: takes records of at most 1048588 bytes" in checked.stderr
    assert "shelf.levels: has cleanup.policy delete" in checked.stderr
    assert "shelfstream topics apply" in checked.stderr
    assert "differs" in topics(broker, "list").stdout
    applied = topics(broker, "apply")
    assert (applied.returncode, "shelf.levels: has cleanup.policy delete" in applied.stdout) == (0, True), (
        applied.stderr
    )
    assert topics(broker, "check").returncode == 0
    table = topic_table(_SIZES)
    found, wanted = found_on(broker, list(table)), {name: wanted_of(spec) for name, spec in table.items()}
    assert {name: {key: found[name].get(key) for key in keys} for name, keys in wanted.items()} == wanted


def test_no_stage_runs_on_topics_that_lose_records(broker: Kafka) -> None:
    """A stage that starts there ends at once with 2, naming every topic."""
    made_without_a_word(broker)
    done = topics(broker, "run", "historian")
    assert done.returncode == 2
    assert "shelf.frames: keeps pictures for 7 days" in done.stderr
    assert "shelfstream topics apply" in done.stderr


def test_created_topics_are_as_the_table_says(broker: Kafka) -> None:
    """The broker itself tells, of every topic, the partitions, retention, segments, cleanup and sizes of the table."""
    done = topics(broker, "create")
    assert done.returncode == 0, done.stderr
    table = topic_table(_SIZES)
    found = found_on(broker, list(table))
    wanted = {name: wanted_of(spec) for name, spec in table.items()}
    assert {name: {key: found[name].get(key) for key in keys} for name, keys in wanted.items()} == wanted
