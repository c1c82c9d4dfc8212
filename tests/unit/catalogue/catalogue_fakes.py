"""In-memory stand-ins for the bus and the picture store, with their real behaviour in small."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime

from shelfstream.bus.api import Appended, Message, Partition, Record
from shelfstream.bus.topic_check import TopicState
from shelfstream.bus.topics import CATALOGUE, TopicSpec, partition_of, topic_table
from shelfstream.errors import Unavailable

_AT = datetime(2026, 11, 1, tzinfo=UTC)


class FakeLog:
    """One topic's partitions: a producer, a reader and an admin over the same lists."""

    def __init__(self, partitions: int = 3) -> None:
        self.partitions = partitions
        self.records: dict[Partition, list[Record]] = {Partition(CATALOGUE, n): [] for n in range(partitions)}
        self.ends = dict.fromkeys(self.records, 0)
        self.away_after: int | None = None

    def put(self, key: bytes | None, value: bytes | None, partition: int | None = None) -> Record:
        """Append whatever bytes."""
        spec = topic_table()[CATALOGUE]
        index = partition_of((key or b"").decode(errors="replace"), spec, self.partitions)
        place = Partition(CATALOGUE, index if partition is None else partition)
        record = Record(place, self.ends[place], key, value, (), _AT)
        self.records[place].append(record)
        self.ends[place] += 1
        return record

    def send(self, message: Message) -> Future[Appended]:
        if self.away_after is not None:
            if self.away_after == 0:
                raise Unavailable("the bus is away")
            self.away_after -= 1
        future: Future[Appended] = Future()
        record = self.put(message.key.encode(), message.value)
        future.set_result(Appended(record.partition, record.offset))
        return future

    def flush(self, timeout_s: float) -> None:
        """Everything is there at once."""

    def read(self, partition: Partition, start: int, stop: int) -> Iterable[Record]:
        if self.away_after == 0:
            raise Unavailable("the bus is away")
        return [record for record in self.records[partition] if start <= record.offset < stop]

    def bounds(self, partition: Partition) -> tuple[int, int]:
        found = self.records[partition]
        return (found[0].offset if found else self.ends[partition]), self.ends[partition]

    def compact(self) -> None:
        """Keep the newest record per key, and no tombstones."""
        for partition, found in self.records.items():
            newest = {record.key: record for record in found}
            kept = [record for record in newest.values() if record.value is not None]
            self.records[partition] = sorted(kept, key=lambda record: record.offset)

    def make_anew(self) -> None:
        """Delete the topic and create it again."""
        self.records = {partition: [] for partition in self.records}
        self.ends = dict.fromkeys(self.records, 0)

    def partition_counts(self, topics: Iterable[str]) -> dict[str, int]:
        return {topic: self.partitions for topic in topics if topic == CATALOGUE}

    def create(self, specs: Sequence[TopicSpec]) -> list[str]:
        return []

    def apply(self, specs: Sequence[TopicSpec]) -> None:
        """Nothing to change."""

    def states(self, topics: Iterable[str]) -> dict[str, TopicState]:
        return {}

    def lag(self, group: str, topics: Iterable[str]) -> dict[Partition, int]:
        return {}

    def close(self, timeout_s: float = 0.0) -> None:
        """Nothing to close."""


class FakePictures:
    """A picture store in a dictionary."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def put(self, picture_id: str, jpeg: bytes) -> None:
        self.held[picture_id] = jpeg

    def get(self, picture_id: str) -> bytes | None:
        return self.held.get(picture_id)

    def exists(self, picture_id: str) -> bool:
        return picture_id in self.held
