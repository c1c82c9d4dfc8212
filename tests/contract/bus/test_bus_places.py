"""Offsets: ends, times, lag, reading by hand; and making topics."""

import time
from datetime import UTC, datetime

import pytest

from shelfstream.bus.api import Message, Partition, Position
from shelfstream.bus.topic_check import differences
from shelfstream.bus.topics import KeyedBy, TopicSpec, check_partitioning
from shelfstream.errors import Faults
from tests.contract.bus.bus_kit import PARTITIONS, Kit, take, until


def test_ends_and_lag_count_what_is_left(kit: Kit) -> None:
    """The end is the next offset; a group's lag is what it has not committed, all of it before its first commit."""
    (place, _), *_ = kit.send(*(Message(kit.left, "s", b"") for _ in range(5)))
    consumer, admin = kit.consumer([kit.left]), kit.admin()
    until(lambda: place in consumer.assignment(), consumer)
    assert consumer.end_offsets([place]) == {place: 5}
    assert admin.lag(kit.group(), [kit.left])[place] == 5
    consumer.commit({place: Position(3)})
    lag = admin.lag(kit.group(), [kit.left])
    assert lag == {Partition(kit.left, index): 2 * (index == place.index) for index in range(PARTITIONS)}


def test_offsets_by_time(kit: Kit) -> None:
    """A moment gives the first record appended at or after it; before all the first, after all the end."""
    (place, _), *_ = kit.send(Message(kit.left, "s", b"0"), Message(kit.left, "s", b"1"))
    consumer = kit.consumer([kit.left])
    before = take(consumer, 2)[-1].appended_at
    while datetime.now(UTC).timestamp() * 1000 < before.timestamp() * 1000 + 5:
        time.sleep(0.001)
    kit.send(Message(kit.left, "s", b"2"))
    last = take(consumer, 1)[0].appended_at
    assert before < last
    assert abs(datetime.now(UTC) - last).total_seconds() < 60
    assert consumer.offsets_at(last, [place]) == {place: 2}
    assert consumer.offsets_at(datetime(2020, 1, 1, tzinfo=UTC), [place]) == {place: 0}
    assert consumer.offsets_at(datetime(2100, 1, 1, tzinfo=UTC), [place]) == {place: 3}
    empty = Partition(kit.left, (place.index + 1) % PARTITIONS)
    assert consumer.offsets_at(last, [empty]) == {empty: 0}


def test_a_reader_reads_exactly_the_range(kit: Kit) -> None:
    """From start to stop and no further, past the end only to the end, and an empty range is empty."""
    (place, _), *_ = kit.send(*(Message(kit.left, "s", str(n).encode()) for n in range(300)))
    reader = kit.reader()
    assert reader.bounds(place) == (0, 300)
    assert [record.offset for record in reader.read(place, 10, 290)] == list(range(10, 290))
    assert [record.offset for record in reader.read(place, 295, 999)] == list(range(295, 300))
    assert list(reader.read(place, 5, 5)) == []
    other = Partition(kit.left, (place.index + 1) % PARTITIONS)
    assert (reader.bounds(other), list(reader.read(other, 0, 10))) == ((0, 0), [])


def test_reading_disturbs_no_group(kit: Kit) -> None:
    """A reader neither moves a group's position nor takes a partition from a member."""
    (place, _), *_ = kit.send(Message(kit.left, "s", b"1"))
    consumer = kit.consumer([kit.left])
    until(lambda: len(consumer.assignment()) == PARTITIONS, consumer)
    kit.everything(place)
    assert len(consumer.assignment()) == PARTITIONS
    assert consumer.committed(place) is None


def test_topics_are_made_once(kit: Kit) -> None:
    """Creating the table again creates nothing and alters nothing; a new topic is made beside the old ones."""
    admin, specs = kit.admin(), list(kit.table.values())
    assert admin.create(specs) == []
    wider = TopicSpec(kit.left, KeyedBy.STORE, PARTITIONS + 1, 3_600_000)
    assert admin.create([wider]) == []
    new = TopicSpec(f"new.{kit.left}", KeyedBy.STORE, 2, 3_600_000)
    assert admin.create([*specs, new]) == [new.name]
    counts = admin.partition_counts([kit.left, new.name, "no.such.topic"])
    assert counts == {kit.left: PARTITIONS, new.name: 2}


def test_topics_are_told_as_they_are(kit: Kit) -> None:
    """Compared with the table that made them they differ in nothing; what is not there is not told."""
    states = kit.admin().states([*kit.table, "no.such.topic"])
    alike = [topic for topic in kit.table if topic != kit.kept]  # that one has a partition count of its own
    assert differences(states, alike, kit.table) == []
    assert differences({kit.kept: states[kit.kept]}, [kit.kept], kit.table) == []
    assert set(states) == set(kit.table)


def test_wrong_partition_counts_are_found_at_start(kit: Kit) -> None:
    """Topics that belong together and have unequal counts, or are not there, are told before anything runs."""
    narrow = TopicSpec(f"narrow.{kit.left}", KeyedBy.STORE, PARTITIONS - 1, 3_600_000)
    missing = TopicSpec(f"missing.{kit.left}", KeyedBy.STORE, PARTITIONS, 3_600_000)
    table = {**kit.table, narrow.name: narrow, missing.name: missing}
    admin = kit.admin()
    admin.create([narrow])
    topics = [kit.left, narrow.name, missing.name]
    with pytest.raises(Faults) as caught:
        check_partitioning(admin.partition_counts(topics), topics, table)
    assert len(caught.value.faults) == 2
    check_partitioning(admin.partition_counts([kit.left, kit.right]), [kit.left, kit.right], table)
