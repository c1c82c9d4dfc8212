"""Reads Kafka's partitions outside any group."""

import time
from collections.abc import Iterator

from kafka import KafkaConsumer as Client

from shelfstream.bus.api import Partition, Record
from shelfstream.bus.kafka.convert import record_of, theirs, translated
from shelfstream.errors import Unavailable

_POLL_MS = 200


class KafkaReader:
    """Belongs to one thread, and reads one partition at a time: finish one ``read`` before the next."""

    def __init__(self, client: Client, answer_timeout_s: float) -> None:
        self._client = client
        self._answer_timeout_s = answer_timeout_s

    def read(self, partition: Partition, start: int, stop: int) -> Iterator[Record]:
        """See ``Reader``. Raises ``Unavailable`` when nothing moves for the answer timeout."""
        first, end = self.bounds(partition)
        start, stop = max(start, first), min(stop, end)
        if start >= stop:
            return
        at = theirs(partition)
        with translated():
            self._client.assign([at])
            self._client.seek(at, start)
        moved_s, position = time.monotonic(), start
        # The end is known by position, not by records: the last ones may be compacted away.
        while position < stop:
            with translated():
                found = self._client.poll(timeout_ms=_POLL_MS).get(at, [])
                reached = self._client.position(at, timeout_ms=int(self._answer_timeout_s * 1000))
            yield from (record_of(record) for record in found if record.offset < stop)
            if reached is not None and reached > position:
                moved_s, position = time.monotonic(), reached
            elif time.monotonic() - moved_s > self._answer_timeout_s:
                raise Unavailable(f"Kafka: nothing of {partition} from {position} on for {self._answer_timeout_s:g} s")

    def bounds(self, partition: Partition) -> tuple[int, int]:
        at, timeout_ms = theirs(partition), int(self._answer_timeout_s * 1000)
        with translated():
            first = self._client.beginning_offsets([at], timeout_ms=timeout_ms)[at]
            return int(first), int(self._client.end_offsets([at], timeout_ms=timeout_ms)[at])

    def close(self) -> None:
        with translated():
            self._client.close(autocommit=False)
