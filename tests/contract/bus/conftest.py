"""Both buses, for the same tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.clock import SystemClock
from tests.contract.bus.bus_kit import POLL_BUDGET_S, Kit, contract_table


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.real)])
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    """A bus with fresh topics."""
    with (
        embedded_kit(tmp_path) if request.param == "embedded" else kafka_kit(request.getfixturevalue("kafka_url")) as it
    ):
        yield it


@pytest.fixture
def kafka_named(kafka_url: str) -> Iterator[Kit]:
    """Kafka alone, for what the embedded bus has not: it lives in one process, where names are no matter."""
    with kafka_kit(kafka_url) as it:
        yield it


def embedded_kit(folder: Path) -> Kit:
    """The embedded bus, in a file."""
    table = contract_table()
    bus = EmbeddedBus(folder / "bus.db", SystemClock(), table, poll_budget_s=POLL_BUDGET_S)
    return Kit(bus, table, bus.upkeep)


def kafka_kit(url: str) -> Kit:
    """A real broker."""
    table = contract_table()
    settings = KafkaSettings(bootstrap_servers=url, session_timeout_s=3, poll_budget_s=POLL_BUDGET_S)
    bus = KafkaBus(settings, table)
    kit = Kit(bus, table, lambda: None)
    kit.admin().create(list(table.values()))
    return kit
