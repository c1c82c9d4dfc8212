"""The bus on Apache Kafka."""

from collections.abc import Mapping

from shelfstream.bus.kafka.admin import KafkaAdmin
from shelfstream.bus.kafka.clients import check_checksums, make_admin, make_consumer, make_producer, quieten
from shelfstream.bus.kafka.consumer import KafkaConsumer, KafkaReader
from shelfstream.bus.kafka.producer import KafkaProducer
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.topics import TopicSpec, topic_table


class KafkaBus:
    """Makes clients; each connects when made and raises ``Unavailable`` when no broker answers in time.

    The table says how keys find partitions and how large messages may be; how many partitions there are, the broker
    knows. Raises ``Faults`` where the fast checksums are missing.
    """

    def __init__(self, settings: KafkaSettings, table: Mapping[str, TopicSpec] | None = None) -> None:
        check_checksums()
        quieten()
        self._settings = settings
        self._table = table or topic_table()

    @property
    def poll_budget_s(self) -> float:
        return self._settings.poll_budget_s

    def producer(self) -> KafkaProducer:
        return KafkaProducer(make_producer(self._settings), self._table, self._settings.in_flight_max_bytes)

    def consumer(self, group: str, *, member: str | None = None) -> KafkaConsumer:
        client = make_consumer(self._settings, group=group, member=member)
        return KafkaConsumer(client, member or group, self._settings.request_timeout_s)

    def reader(self) -> KafkaReader:
        return KafkaReader(make_consumer(self._settings), self._settings.request_timeout_s)

    def admin(self) -> KafkaAdmin:
        return KafkaAdmin(make_admin(self._settings), self._settings.replication_factor)

    def close(self) -> None:
        """Nothing is shared: whoever asked for a part closes it."""
