"""Too much junk stops a stage: the process ends by itself and says why."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.runtime.run import EXIT_STOPPED
from devstack.kafka.broker import Kafka
from shelfstream.bus.api import Message
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.topics import DEAD_SUFFIX, FACINGS, topic_table
from tests.faults import fault_recording as recording
from tests.faults.fault_processes import StageProcess, wait_until

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(300)]
_ENDS_WITHIN_S = 90.0
_BUDGET = LoopSettings().dead_letters_max


@pytest.fixture
def kafka(kafka_cache: Path) -> Iterator[Kafka]:
    """A broker of its own, since the names of topics are fixed."""
    with Kafka(kafka_cache) as broker:
        yield broker


@pytest.fixture
def bus(kafka: Kafka) -> Iterator[KafkaBus]:
    """The bus as a sender of junk reaches it, with all topics made."""
    with closing(KafkaBus(KafkaSettings(bootstrap_servers=kafka.url), topic_table())) as made:
        with closing(made.admin()) as admin:
            admin.create(list(topic_table().values()))
        yield made


def test_a_stage_that_meets_too_much_junk_stops_and_says_why(kafka: Kafka, bus: KafkaBus, tmp_path: Path) -> None:
    """Analytics keeps no more dead letters than its budget, ends with the exit code for it, and tells the operator."""
    with closing(bus.producer()) as producer:
        junk = [Message(FACINGS, "demo-market/cam-left", f"junk {number}".encode()) for number in range(2 * _BUDGET)]
        for future in [producer.send(message) for message in junk]:
            future.result(30)
    environment = {
        "SHELFSTREAM_KAFKA__BOOTSTRAP_SERVERS": kafka.url,
        "SHELFSTREAM_PROCESS__DATA_FOLDER": str(tmp_path / "data"),
    }
    with StageProcess("analytics", environment, tmp_path) as process:
        wait_until(lambda: not process.running, "analytics to stop", _ENDS_WITHIN_S)
        assert process.exit_code == EXIT_STOPPED
    assert len(list(recording.standing(bus, FACINGS + DEAD_SUFFIX))) <= _BUDGET
    told = process.log.read_text()
    assert re.search(r"dead letters", told)
    assert "Traceback" not in told
