"""The same on a real broker, with processes that end in the middle of things."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from child import ENDED_AT_STEP, bus_at
from counting import Topics, check_outbox, check_whole

from shelfstream.bus.records import Message
from shelfstream.bus.watch import Step

pytestmark = [pytest.mark.real, pytest.mark.slow]
_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
NUMBERS = [(f"{'abcd'[n % 4]}/slot", n) for n in range(11)]


def count(url: str, topics: Topics, rows: Path, *crash: str) -> int:
    """Run one process to its end; its exit code."""
    command = [sys.executable, str(_HERE / "child.py"), url, topics.run, str(rows), *crash]
    paths = os.pathsep.join([str(_ROOT), str(_HERE)])
    return subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": paths}, timeout=120).returncode


def test_processes_that_end_at_any_step_lose_nothing(kafka_url: str, tmp_path: Path) -> None:
    """One process after the other ends at the next step of the loop; the last one finishes, and all is whole."""
    topics, rows = Topics(uuid.uuid4().hex[:8]), tmp_path / "rows"
    bus = bus_at(kafka_url, topics)
    bus.admin().create(list(topics.table().values()))
    producer = bus.producer()
    futures = [producer.send(Message(topics.numbers, key, str(number).encode())) for key, number in NUMBERS]
    for future in futures:
        future.result(30)
    for step in Step:
        if step is Step.ATTEMPT_MARKED:
            continue
        # A process that met fewer visits of the step than asked for has finished; then nothing is left to crash.
        assert count(kafka_url, topics, rows, step, "1") in (0, ENDED_AT_STEP)
        check_outbox(bus, topics)
    assert count(kafka_url, topics, rows, Step.ATTEMPT_MARKED, "2") in (0, ENDED_AT_STEP)
    assert count(kafka_url, topics, rows) == 0
    check_whole(bus, topics, NUMBERS, set(rows.read_text().splitlines()))
    producer.close()
