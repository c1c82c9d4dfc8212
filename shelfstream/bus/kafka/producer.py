"""Sends to Kafka, with a bound on what waits to be sent."""

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress

from kafka import KafkaProducer as Client
from kafka.errors import KafkaError, KafkaTimeoutError, UnknownError
from kafka.producer.future import RecordMetadata

from shelfstream.bus.api import Appended, Message, Partition
from shelfstream.bus.kafka.convert import as_ours, translated
from shelfstream.bus.topics import TopicSpec, partition_of
from shelfstream.errors import InvalidMessage, Unavailable


class KafkaProducer:
    """May be shared by threads. The library bounds nothing itself, so bytes in flight are counted here."""

    def __init__(self, client: Client, table: Mapping[str, TopicSpec], in_flight_max_bytes: int) -> None:
        self._client = client
        self._table = table
        self._in_flight_max_bytes = in_flight_max_bytes
        self._in_flight_bytes = 0
        self._counting = threading.Lock()
        self._counts: dict[str, int] = {}

    def send(self, message: Message) -> Future[Appended]:
        key = message.key.encode()
        size_bytes = len(key) + len(message.value or b"") + sum(len(n) + len(v) for n, v in message.headers)
        spec = self._table.get(message.topic)
        if spec is None:
            raise InvalidMessage(f"{message.topic}: there is no such topic")
        if size_bytes > spec.max_message_bytes:
            raise InvalidMessage(f"{message.topic}: {size_bytes} bytes, more than {spec.max_message_bytes}")
        index = message.partition
        if index is None:
            index = partition_of(message.key, spec, self._count(message.topic))
        elif not 0 <= index < self._count(message.topic):
            raise InvalidMessage(f"{message.topic}: has no partition {index}")
        self._reserve(size_bytes)
        return self._send(message, key, index, size_bytes)

    def _send(self, message: Message, key: bytes, index: int, size_bytes: int) -> Future[Appended]:
        appended: Future[Appended] = Future()

        def succeeded(metadata: RecordMetadata) -> None:
            self._release(size_bytes)
            appended.set_result(Appended(Partition(message.topic, index), metadata.offset))

        def failed(exc: BaseException) -> None:
            self._release(size_bytes)
            appended.set_exception(as_ours(exc) if isinstance(exc, KafkaError) else exc)

        try:
            with translated():
                sent = self._client.send(
                    message.topic, key=key, value=message.value, headers=list(message.headers), partition=index
                )
        except BaseException:
            self._release(size_bytes)
            raise
        sent.add_callback(succeeded)
        sent.add_errback(failed)
        return appended

    def _count(self, topic: str) -> int:
        if topic not in self._counts:
            with translated():
                found = self._client.partitions_for(topic)
            if not found:
                raise Unavailable(f"{topic} is not there; create it with: shelfstream topics create")
            self._counts[topic] = len(found)
        return self._counts[topic]

    def _reserve(self, size_bytes: int) -> None:
        with self._counting:
            if self._in_flight_bytes and self._in_flight_bytes + size_bytes > self._in_flight_max_bytes:
                raise Unavailable(f"Kafka is slow: {self._in_flight_bytes} bytes wait to be sent", retry_after_s=0.2)
            self._in_flight_bytes += size_bytes

    def _release(self, size_bytes: int) -> None:
        with self._counting:
            self._in_flight_bytes -= size_bytes

    def flush(self, timeout_s: float) -> None:
        # The library calls a batch that the broker had it cut in two an unknown error: its records are under way again.
        with translated(), suppress(KafkaTimeoutError, UnknownError):
            self._client.flush(timeout_s)

    def close(self, timeout_s: float = 10.0) -> None:
        with translated(), suppress(KafkaTimeoutError):
            self._client.close(timeout_s)
