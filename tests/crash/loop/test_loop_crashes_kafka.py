"""The same on a real broker, with processes that end in the middle of things."""

import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from shelfstream.bus.api import Message
from shelfstream.bus.observer import Step
from tests.crash.loop.child import ENDED_AT_STEP, bus_at
from tests.crash.loop.counting import Topics, check_outbox, check_whole

pytestmark = [pytest.mark.real, pytest.mark.slow]
_ROOT = Path(__file__).parents[3]
NUMBERS = [(f"{'abcd'[n % 4]}/slot", n) for n in range(11)]
# Where the processes end, in turn. Only a process that follows an unclean end marks its attempts, so the first one
# cannot end at a mark. The second wave has a batch's events, the first one the levels that they stand in.
ENDS = [
    *((step, 1) for step in Step if step is not Step.ATTEMPT_MARKED),
    (Step.ATTEMPT_MARKED, 1),
    (Step.ATTEMPT_MARKED, 2),
    (Step.WAVE_SENT, 2),
    (Step.WAVE_ACKNOWLEDGED, 2),
]


def count(url: str, topics: Topics, rows: Path, *crash: str) -> int:
    """Run one process to its end; its exit code."""
    command = [sys.executable, "-m", "tests.crash.loop.child", url, topics.run, str(rows), *crash]
    return subprocess.run(command, check=False, cwd=_ROOT, timeout=120).returncode


def test_processes_that_end_at_any_step_lose_nothing(kafka_url: str, tmp_path: Path) -> None:
    """One process after the other ends at the next step of the loop; the last one finishes, and all is whole."""
    topics, rows = Topics(uuid.uuid4().hex[:8]), tmp_path / "rows"
    bus = bus_at(kafka_url, topics)
    bus.admin().create(list(topics.table().values()))
    producer = bus.producer()
    futures = [producer.send(Message(topics.numbers, key, str(number).encode())) for key, number in NUMBERS]
    for future in futures:
        future.result(30)
    for step, visit in ENDS:
        ended = count(kafka_url, topics, rows, step, str(visit))
        assert ended == ENDED_AT_STEP, f"the process never came to {step} {visit} times"
        check_outbox(bus, topics)
    assert count(kafka_url, topics, rows) == 0
    check_whole(bus, topics, NUMBERS, set(rows.read_text().splitlines()))
    producer.close()
