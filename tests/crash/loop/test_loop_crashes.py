"""A crash between any two steps of the loop costs nothing: what comes out is what would have come out."""

import threading
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfstream.bus.api import Bus, Message
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.observer import Step, Tally
from shelfstream.bus.topics import KeyedBy, partition_of
from shelfstream.clock import SystemClock
from tests.crash.loop.counting import PARTITIONS, SETTINGS, CaughtUp, Topics, check_outbox, check_whole, counting_loop

TOPICS = Topics()
NUMBERS = [(f"{'abcd'[n % 4]}/slot", n) for n in range(11)]
numbers = st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d/x", "d/y"]), st.integers(-9, 9)), max_size=14)
crashes = st.lists(st.tuples(st.sampled_from(Step), st.integers(1, 6)), max_size=6)


class Crash(BaseException):
    """The process ends here: not an error that anything may catch."""


class CrashAt:
    """Passes everything on, and crashes at the n-th visit of a step."""

    def __init__(self, inner: CaughtUp, step: Step, visit: int) -> None:
        self._inner = inner
        self._step = step
        self._left = visit

    def at(self, step: Step) -> None:
        """Crash, or go on."""
        if step is self._step:
            self._left -= 1
            if self._left == 0:
                raise Crash(step)
        self._inner.at(step)

    def count(self, what: Tally, by: int = 1) -> None:
        """Counts do not matter here."""


def run_to_the_end(bus: Bus, rows: set[str], crash: tuple[Step, int] | None = None) -> bool:
    """Run a new loop until nothing is left, or until it crashes; whether it did."""
    stop = threading.Event()
    caught_up = CaughtUp(bus, TOPICS, stop)
    if caught_up.done():
        return False
    watch = caught_up if crash is None else CrashAt(caught_up, *crash)
    try:
        counting_loop(bus, TOPICS, watch, rows).run(stop)
    except Crash:
        check_outbox(bus, TOPICS)
        return True
    return False


def fill(bus: Bus, wanted: list[tuple[str, int]]) -> None:
    producer = bus.producer()
    for key, number in wanted:
        producer.send(Message(TOPICS.numbers, key, str(number).encode())).result()


def test_the_sample_fills_both_partitions() -> None:
    """The fixed numbers below would prove little if they all were in one partition."""
    spec = TOPICS.table()[TOPICS.numbers]
    assert spec.keyed_by is KeyedBy.STORE
    assert len({partition_of(key, spec, PARTITIONS) for key, _ in NUMBERS}) == PARTITIONS


@pytest.mark.parametrize(("step", "visit"), list(product(Step, (1, 2, 3))))
def test_one_crash_anywhere(step: Step, visit: int) -> None:
    """After a crash at any step's first, second or third visit, a new process finishes the work as if nothing was."""
    bus, rows = EmbeddedBus(None, SystemClock(), TOPICS.table()), set[str]()
    fill(bus, NUMBERS)
    if step is Step.ATTEMPT_MARKED:
        # Attempts are marked after a crash only.
        assert run_to_the_end(bus, rows, (Step.POLLED, 1))
    assert run_to_the_end(bus, rows, (step, visit))
    assert not run_to_the_end(bus, rows)
    check_whole(bus, TOPICS, NUMBERS, rows)


@settings(deadline=None, max_examples=60)
@given(numbers, crashes, st.integers(0, 14))
def test_many_crashes_anywhere(wanted: list[tuple[str, int]], planned: list[tuple[Step, int]], split: int) -> None:
    """Whatever numbers come, also while processes crash one after the other, what comes out is whole and in order."""
    bus, rows = EmbeddedBus(None, SystemClock(), TOPICS.table()), set[str]()
    fill(bus, wanted[:split])
    for number, crash in enumerate(planned):
        run_to_the_end(bus, rows, crash)
        if number == 0:
            fill(bus, wanted[split:])
    if not planned:
        fill(bus, wanted[split:])
    assert not run_to_the_end(bus, rows)
    check_whole(bus, TOPICS, wanted, rows)
    bus.close()


def test_undisturbed_work_is_done_once() -> None:
    """Without a crash nothing is repeated: as many events as numbers of keys' last batches allow."""
    bus, rows = EmbeddedBus(None, SystemClock(), TOPICS.table()), set[str]()
    fill(bus, NUMBERS)
    assert not run_to_the_end(bus, rows)
    check_whole(bus, TOPICS, NUMBERS, rows)
    assert SETTINGS.batch_max_records < len(NUMBERS)
    bus.close()
