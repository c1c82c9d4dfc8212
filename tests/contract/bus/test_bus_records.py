"""What is sent is what is read: bytes, order, places, sizes."""

import pytest
from hypothesis import strategies as st

from shelfstream.bus.api import Message, Partition
from shelfstream.bus.topics import partition_of
from shelfstream.errors import InvalidMessage
from tests.contract.bus.bus_kit import PARTITIONS, Kit, take

_MIB = 1024 * 1024
keys = st.text(min_size=1)


def test_order_per_key_is_the_order_of_sending(kit: Kit) -> None:
    """A thousand records of several keys come back complete, each key's in the order of its sends."""
    sent = [Message(kit.left, f"store-{n % 7}/slot", str(n).encode()) for n in range(1000)]
    kit.send(*sent)
    read = take(kit.consumer([kit.left]), 1000)
    for store in range(7):
        key = f"store-{store}/slot".encode()
        assert [it.value for it in read if it.key == key] == [it.value for it in sent if it.key.encode() == key]
    by_partition = {it.partition: [r.offset for r in read if r.partition == it.partition] for it in read}
    assert all(offsets == list(range(len(offsets))) for offsets in by_partition.values())


def test_partitions_follow_the_table(kit: Kit) -> None:
    """A store's records share one number in all topics keyed by store; pictures are spread by camera."""
    for store in ("a", "b", "c"):
        placed = kit.send(
            Message(kit.left, f"{store}/slot-1", b""),
            Message(kit.right, f"{store}/slot-2", b""),
            Message(kit.pictures, f"{store}/camera-1", b""),
        )
        number = partition_of(store, kit.table[kit.left], PARTITIONS)
        camera = partition_of(f"{store}/camera-1", kit.table[kit.pictures], PARTITIONS)
        assert [at for at, _ in placed] == [
            Partition(kit.left, number),
            Partition(kit.right, number),
            Partition(kit.pictures, camera),
        ]


def test_a_record_about_a_partition_goes_there(kit: Kit) -> None:
    """An explicit partition counts more than the key; one that does not exist is an invalid message."""
    placed = kit.send(*(Message(kit.left, "@owner/x", b"", partition=index) for index in range(PARTITIONS)))
    assert placed == [(Partition(kit.left, index), 0) for index in range(PARTITIONS)]
    with pytest.raises(InvalidMessage):
        kit.producer().send(Message(kit.left, "@owner/x", b"", partition=PARTITIONS))


def test_headers_and_missing_values_survive(kit: Kit) -> None:
    """Header order, repetition and emptiness, an empty value and no value at all come back as sent."""
    headers = (("a", b"1"), ("b", b""), ("a", bytes(range(256))), ("ü", b"x"))
    kit.send(Message(kit.left, "s/ü", b"", headers), Message(kit.left, "s/ü", None))
    first, second = take(kit.consumer([kit.left]), 2)
    assert (first.key, first.value, first.headers) == ("s/ü".encode(), b"", headers)
    assert (second.value, second.headers) == (None, ())
    assert first.header("a") == bytes(range(256))


def test_a_picture_of_3_mib_passes(kit: Kit) -> None:
    """Ten large records pass unharmed and in order."""
    values = [bytes([n]) * (3 * _MIB) for n in range(10)]
    kit.send(*(Message(kit.pictures, "s/camera", value) for value in values))
    assert [record.value for record in take(kit.consumer([kit.pictures]), 10)] == values


def test_too_large_is_invalid_at_once(kit: Kit) -> None:
    """A record over its topic's size is refused where it is sent, headers counted; the largest one passes."""
    most = kit.table[kit.left].max_message_bytes
    producer = kit.producer()
    with pytest.raises(InvalidMessage):
        producer.send(Message(kit.left, "s", bytes(most)))
    with pytest.raises(InvalidMessage):
        producer.send(Message(kit.left, "s", bytes(most - 10), (("header", b"12345"),)))
    assert producer.send(Message(kit.left, "s", bytes(most - 1))).result(30).offset == 0


def test_a_topic_that_is_not_in_the_table_is_refused(kit: Kit) -> None:
    """A misspelt topic is a fault of the sender's, found at once."""
    with pytest.raises(InvalidMessage):
        kit.producer().send(Message("no.such.topic", "s", b""))


def test_compaction_keeps_the_newest_of_each_key(kit: Kit) -> None:
    """After compaction the newest record per key is there, deletions included, and a reader ends past the holes."""
    for round_ in range(3):
        kit.send(*(Message(kit.kept, f"s/{key}", f"{key}{round_}".encode()) for key in "abc"))
    kit.send(Message(kit.kept, "s/a", None))
    place = Partition(kit.kept, 0)
    for _ in range(600):
        kit.upkeep()
        # A broker compacts only segments that a later record has closed.
        kit.send(Message(kit.kept, "s/last", b"last"))
        found = {record.key: record.value for record in kit.everything(place)}
        if len(kit.everything(place)) < 10:
            break
    assert found == {b"s/a": None, b"s/b": b"b2", b"s/c": b"c2", b"s/last": b"last"}
    reader = kit.reader()
    first, end = reader.bounds(place)
    assert [record.offset for record in reader.read(place, first, 5)] == []
    assert [record.value for record in reader.read(place, first, 8)] == [b"b2"]
    assert [record.value for record in reader.read(place, end - 1, end)] == [b"last"]
