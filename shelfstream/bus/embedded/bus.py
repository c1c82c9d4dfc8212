"""The embedded bus: Kafka's promises inside one process, for the one-process default and for tests."""

import uuid
from collections.abc import Mapping
from pathlib import Path

from shelfstream.bus.embedded.admin import EmbeddedAdmin
from shelfstream.bus.embedded.consumer import EmbeddedConsumer
from shelfstream.bus.embedded.core import Core
from shelfstream.bus.embedded.producer import EmbeddedProducer
from shelfstream.bus.embedded.reader import EmbeddedReader
from shelfstream.bus.topics import TopicSizes, TopicSpec, topic_table
from shelfstream.clock import Clock

EMBEDDED_SIZES = TopicSizes(store_partitions=4, camera_partitions=4)
_MIB = 1024 * 1024


class EmbeddedBus:
    """A bus in ``path`` (an SQLite file with a few neighbours), or in memory alone where that is ``None``.

    Records and positions outlive the process, however it ends; topics marked ``in_memory`` do not, and keep at most
    ``memory_bytes`` together. The table's topics are made on opening. A member that does not poll for
    ``poll_budget_s`` of the clock's monotonic time loses its partitions.
    Raises ``Faults`` when another process has the file open, ``Unavailable`` when it cannot be read or written.
    """

    def __init__(
        self,
        path: Path | None,
        clock: Clock,
        table: Mapping[str, TopicSpec] | None = None,
        *,
        memory_bytes: int = 256 * _MIB,
        poll_budget_s: float = 300.0,
    ) -> None:
        self._core = Core(path, clock, table or topic_table(EMBEDDED_SIZES), memory_bytes, poll_budget_s)
        self._poll_budget_s = poll_budget_s

    @property
    def poll_budget_s(self) -> float:
        return self._poll_budget_s

    def producer(self) -> EmbeddedProducer:
        return EmbeddedProducer(self._core)

    def consumer(self, group: str, *, member: str | None = None) -> EmbeddedConsumer:
        return EmbeddedConsumer(self._core, group, member or uuid.uuid4().hex)

    def reader(self) -> EmbeddedReader:
        return EmbeddedReader(self._core)

    def admin(self) -> EmbeddedAdmin:
        return EmbeddedAdmin(self._core)

    def upkeep(self) -> None:
        """Expire and compact now; it also happens on opening and, while records come, once a minute."""
        self._core.upkeep()

    def close(self) -> None:
        self._core.close()
