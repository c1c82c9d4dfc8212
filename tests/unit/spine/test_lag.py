"""The lag that several processes of one group tell."""

import threading
from collections.abc import Mapping

from shelfstream.bus.api import Message, Partition
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.metrics import LAG, LoopMetrics, lag_watch
from shelfstream.bus.topics import EVENTS
from shelfstream.clock import SystemClock
from shelfstream.metrics import Metrics


class Process:
    """What one process of the group tells Prometheus."""

    def __init__(self, bus: EmbeddedBus, owned: set[Partition]) -> None:
        self.owned = owned
        self.metrics = Metrics()
        self._loop = LoopMetrics(self.metrics, "alerts", SystemClock())
        self._bus = bus

    def look(self) -> None:
        """Look once."""
        stop = threading.Event()

        def tell(behind: Mapping[Partition, int]) -> None:
            self._loop.lag(behind)
            stop.set()

        lag_watch(self._bus, "alerts", (EVENTS,), lambda: self.owned, tell)(stop)

    def told(self) -> float:
        """The sum of all that stands there."""
        told = (self.metrics.value(LAG.name, stage="alerts", topic=EVENTS, partition=str(n)) for n in range(4))
        return sum(each or 0 for each in told)


def test_the_lags_of_all_processes_add_up_to_that_of_the_group() -> None:
    """Ten records wait: two processes tell ten together, also after a partition went from one to the other."""
    bus = EmbeddedBus(None, SystemClock())
    producer = bus.producer()
    for number in range(10):
        producer.send(Message(EVENTS, "s", b"x", partition=number % 4)).result(5)
    parts = [Partition(EVENTS, n) for n in range(4)]
    first, second = Process(bus, {parts[0], parts[1]}), Process(bus, {parts[2], parts[3]})
    for process in (first, second):
        process.look()
    assert (first.told(), second.told()) == (6, 4)
    first.owned, second.owned = {parts[0]}, {parts[1], parts[2], parts[3]}
    for process in (first, second):
        process.look()
    assert (first.told(), second.told()) == (3, 7)
    bus.close()
