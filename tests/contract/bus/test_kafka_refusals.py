"""A real broker that refuses single records: what was refused is told, and everything else goes on."""

import random
from concurrent.futures import Future
from dataclasses import replace

import pytest

from shelfstream.bus.api import Appended, Message
from shelfstream.bus.topics import KeyedBy, TopicSpec
from shelfstream.errors import InvalidMessage
from tests.contract.bus.bus_kit import Kit

pytestmark = pytest.mark.real
_LARGE = random.Random(1).randbytes(200_000)
"""Of chance, so that no compression makes it small."""


@pytest.fixture
def narrow(kafka_named: Kit) -> str:
    """A topic that the table takes for larger than whoever made it on the broker did."""
    spec = TopicSpec(f"narrow.{kafka_named.left}", KeyedBy.STORE, 1, 3_600_000)
    kafka_named.admin().create([replace(spec, max_message_bytes=20_000)])
    kafka_named.table[spec.name] = spec
    return spec.name


def test_a_refused_record_fails_alone(kafka_named: Kit, narrow: str) -> None:
    """Of records sent together the large one fails as one that no retry mends; all others arrive, in order."""
    producer = kafka_named.producer()
    sent: list[tuple[bytes, Future[Appended]]] = []
    for number in range(60):
        topic = narrow if number % 2 else kafka_named.left
        value = _LARGE if number % 20 == 11 else b"%d" % number
        sent.append((value, producer.send(Message(topic, "s/1", value))))
        if number % 7 == 0:
            producer.flush(10)
    producer.flush(10)
    outcomes = [(value, future.exception(20)) for value, future in sent]
    assert all(isinstance(failure, InvalidMessage) for value, failure in outcomes if value is _LARGE)
    # A record under way in the moment of a refusal may be told to be sent again, never that it is hopeless.
    lost = [value for value, failure in outcomes if value is not _LARGE and failure is not None]
    assert lost == []
    appended = [future.result() for value, future in sent if value is not _LARGE]
    for partition in {it.partition for it in appended}:
        values = [record.value for record in kafka_named.everything(partition)]
        assert values == sorted(values, key=lambda value: int(value or b"0"))


def test_refusals_one_after_the_other_change_nothing(kafka_named: Kit, narrow: str) -> None:
    """A camera whose every picture is too large, between others: each of its pictures is refused, theirs all arrive."""
    producer = kafka_named.producer()
    for number in range(25):
        refused = producer.send(Message(narrow, "s/1", _LARGE))
        taken = producer.send(Message(kafka_named.right, "s/2", b"%d" % number))
        producer.flush(10)
        assert isinstance(refused.exception(20), InvalidMessage)
        assert taken.exception(20) is None
