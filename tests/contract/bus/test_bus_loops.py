"""Two loops share a bus: state is there before the first batch, and whoever stays takes over."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.loop import Loop
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Outcome, Received, Stage
from shelfstream.clock import SystemClock
from tests.contract.bus.bus_kit import PARTITIONS, Kit

State = frozenset[Partition]
SETTINGS = LoopSettings(batch_max_wait_s=0.01, tick_every_s=0.2, give_up_after_s=2)


@dataclass
class Member:
    """One loop in a thread of its own. Its state is the set of partitions whose state it has."""

    kit: Kit
    seen: list[Record] = field(default_factory=list)
    strangers: list[Record] = field(default_factory=list)
    held: State = frozenset()

    def __post_init__(self) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        stage = Stage(self.kit.group(), (self.kit.left,), self, frozenset[Partition](), self)
        Loop(stage, self.kit.bus, clock=SystemClock(), settings=SETTINGS).run(self.stop)

    def decode(self, record: Record) -> Record:
        """The record itself."""
        return record

    def handle(self, state: State, batch: Sequence[Received[Record]], now: datetime) -> Outcome[State, None]:
        """Note what came, and what came without its state."""
        self.seen += [received.record for received in batch]
        self.strangers += [received.record for received in batch if received.record.partition not in state]
        return Outcome(state)

    def gained(self, state: State, partitions: Sequence[Partition], beat: Callable[[], None]) -> State:
        """Restore."""
        self.held = state | frozenset(partitions)
        return self.held

    def dropped(self, state: State, partitions: Sequence[Partition]) -> State:
        """Forget."""
        self.held = state - frozenset(partitions)
        return self.held

    def end(self) -> None:
        """Stop and wait."""
        self.stop.set()
        self.thread.join(60)
        assert not self.thread.is_alive()


def wait_for(done: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(1200):
        if done():
            return
        tick.wait(0.05)
    raise AssertionError("nothing more happens")


def test_two_loops_share_and_one_takes_over(kit: Kit) -> None:
    """Every record is handled by a member that had its partition's state; after one stops, the other handles all."""
    first, second = Member(kit), None
    try:
        wait_for(lambda: len(first.held) == PARTITIONS)
        second = Member(kit)
        heir = second
        wait_for(lambda: len(first.held) == len(heir.held) == PARTITIONS // 2)
        kit.send(*(Message(kit.left, f"store-{n}", str(n).encode(), partition=n % PARTITIONS) for n in range(40)))
        wait_for(lambda: len({it.value for it in first.seen + heir.seen}) == 40)
        assert first.seen
        assert heir.seen
        first.end()
        wait_for(lambda: len(heir.held) == PARTITIONS)
        kit.send(*(Message(kit.left, "s", f"late-{n}".encode(), partition=n % PARTITIONS) for n in range(8)))
        wait_for(lambda: sum((it.value or b"").startswith(b"late") for it in heir.seen) >= 8)
        assert not first.strangers
        assert not heir.strangers
        # The stop was clean and everything committed: nothing is handled twice.
        values = [it.value for it in first.seen + heir.seen]
        assert len(values) == len(set(values))
    finally:
        for member in (first, second):
            if member is not None:
                member.end()
