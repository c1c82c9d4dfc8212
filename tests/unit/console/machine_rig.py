"""An embedded bus with its ledger, and records on it that no stage could read."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from console.health.machine import Machine
from shelfstream.bus.api import Bus, Message, Partition, Record
from shelfstream.bus.dead_letters import Failure, dead_letter
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.topics import EVENTS, topic_table
from shelfstream.clock import Clock
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of


@dataclass(frozen=True)
class Rig:
    """The machine, and the bus that it looks at."""

    machine: Machine
    bus: Bus
    clock: Clock

    def bury(self, text: str, reason: str) -> None:
        """A stage puts a record of ``shelf.events`` aside."""
        record = Record(Partition(EVENTS, 0), 0, b"main-street/milk", text.encode(), (), self.clock.now())
        letter = dead_letter(Failure(record, reason, "InvalidMessage"), "alerts", self.clock.now())
        with closing(self.bus.producer()) as producer:
            producer.send(letter).result(5)

    def events(self) -> list[Record]:
        """What stands on the first partition of ``shelf.events``."""
        with closing(self.bus.reader()) as reader:
            partition = Partition(EVENTS, 0)
            return list(reader.read(partition, *reader.bounds(partition)))

    def send(self, count: int) -> None:
        """Records that the stages have still to read."""
        with closing(self.bus.producer()) as producer:
            for number in range(count):
                producer.send(Message(EVENTS, f"main-street/{number}", b"{}")).result(5)


def machine_of(bus: Bus, engine: Engine, clock: Clock) -> Machine:
    """A machine on a bus that is open."""
    return Machine(bus, engine, clock)


@contextmanager
def rig_at(folder: Path, clock: Clock) -> Iterator[Rig]:
    """A machine in a folder of its own."""
    engine = engine_of(f"sqlite:///{folder}/machine.db")
    upgrade(engine)
    with closing(EmbeddedBus(folder / "bus.db", clock, topic_table())) as bus:
        yield Rig(machine_of(bus, engine, clock), bus, clock)
    engine.dispose()
