"""Groups: who reads what, from where, and what a commit is worth."""

import time

import pytest

from shelfstream.bus.api import Message, Partition, Position
from shelfstream.errors import PartitionLost
from tests.contract.bus.bus_kit import PARTITIONS, Kit, Listener, take, until


def all_of(topic: str) -> set[Partition]:
    return {Partition(topic, index) for index in range(PARTITIONS)}


def test_two_members_share_and_one_takes_over(kit: Kit) -> None:
    """Two members share both topics, equal numbers together; when one leaves, the other has it all."""
    told = Listener()
    both = [kit.left, kit.right]
    everything = all_of(kit.left) | all_of(kit.right)
    first = kit.consumer(both, listener=told)
    until(lambda: first.assignment() == everything, first)
    second = kit.consumer(both)
    until(lambda: len(first.assignment()) == len(second.assignment()) == PARTITIONS, first, second)
    assert first.assignment() | second.assignment() == everything
    for member in (first, second):
        numbers = {topic: {at.index for at in member.assignment() if at.topic == topic} for topic in both}
        assert numbers[kit.left] == numbers[kit.right]
    assert second.assignment() <= set(told.gone)
    second.close()
    until(lambda: first.assignment() == everything, first)


def test_members_share_the_work_and_miss_nothing(kit: Kit) -> None:
    """Records sent while members come and go are each read, committed ones not again by whoever takes over."""
    first, second = kit.consumer([kit.left]), kit.consumer([kit.left])
    until(lambda: len(first.assignment()) == len(second.assignment()) == PARTITIONS // 2, first, second)
    kit.send(*(Message(kit.left, f"store-{n}", str(n).encode()) for n in range(100)))
    seen: set[bytes | None] = set()
    for member in (first, second):
        ends = member.end_offsets(member.assignment())
        count = sum(ends.values())
        seen |= {record.value for record in take(member, count)}
        member.commit({at: Position(end) for at, end in ends.items()})
    assert len(seen) == 100
    second.close()
    until(lambda: len(first.assignment()) == PARTITIONS, first)
    kit.send(Message(kit.left, "store-1", b"later"))
    assert [record.value for record in take(first, 1)] == [b"later"]


def test_groups_read_independently_and_from_the_beginning(kit: Kit) -> None:
    """A group that never committed begins with the oldest record, whatever other groups did."""
    kit.send(Message(kit.left, "s", b"1"), Message(kit.left, "s", b"2"))
    for group in ("one", "two"):
        assert [record.value for record in take(kit.consumer([kit.left], group), 2)] == [b"1", b"2"]


def test_commits_keep_a_note_and_leaving_commits_nothing(kit: Kit) -> None:
    """A successor finds position and note as committed; what the first one read after that is read again."""
    (place, _), *_ = kit.send(*(Message(kit.left, "s", str(n).encode()) for n in range(5)))
    first = kit.consumer([kit.left])
    assert len(take(first, 5)) == 5
    assert first.committed(place) is None
    note = '{"o":1}' + "x" * 200
    first.commit({place: Position(3, note)})
    first.close()
    second = kit.consumer([kit.left])
    assert [record.value for record in take(second, 2)] == [b"3", b"4"]
    assert second.committed(place) == Position(3, note)
    assert second.position(place) == 5


def test_seek_reads_again_and_skips(kit: Kit) -> None:
    """A rewind reads the same records again, a jump forward leaves some out; fetched ones never leak through."""
    (place, _), *_ = kit.send(*(Message(kit.left, "s", str(n).encode()) for n in range(10)))
    consumer = kit.consumer([kit.left])
    until(lambda: place in consumer.assignment(), consumer)
    consumer.seek(place, 0)
    assert [record.offset for record in take(consumer, 4)] == [0, 1, 2, 3]
    consumer.seek(place, 1)
    assert [record.offset for record in take(consumer, 2)] == [1, 2]
    consumer.seek(place, 8)
    assert [record.offset for record in take(consumer, 2)] == [8, 9]
    assert consumer.position(place) == 10


def test_a_paused_partition_is_silent_and_forgets_nothing(kit: Kit) -> None:
    """Paused, a partition gives nothing while others do; resumed, it goes on where it was."""
    consumer = kit.consumer([kit.left])
    until(lambda: len(consumer.assignment()) == PARTITIONS, consumer)
    quiet, loud = Partition(kit.left, 0), Partition(kit.left, 1)
    consumer.pause([quiet])
    kit.send(*(Message(kit.left, "x", str(n).encode(), partition=n % 2) for n in range(6)))
    assert {record.partition for record in take(consumer, 3)} == {loud}
    assert consumer.poll(0.5, 10) == []
    consumer.resume([quiet])
    assert [record.offset for record in take(consumer, 3)] == [0, 1, 2]


def test_a_poll_gives_no_more_than_asked_for(kit: Kit) -> None:
    """The limit holds for every poll, and the rest comes with the next."""
    kit.send(*(Message(kit.left, f"store-{n}", b"") for n in range(50)))
    consumer = kit.consumer([kit.left])
    seen = 0
    give_up_s = time.monotonic() + 60
    while seen < 50 and time.monotonic() < give_up_s:
        records = consumer.poll(0.2, 7)
        assert len(records) <= 7
        seen += len(records)
    assert seen == 50


def test_a_member_that_was_away_too_long_cannot_commit(kit: Kit) -> None:
    """After the poll budget its partitions are another's: the commit fails, and it is told that they were lost."""
    told = Listener()
    late = kit.consumer([kit.left], listener=told)
    until(lambda: len(late.assignment()) == PARTITIONS, late)
    heir = kit.consumer([kit.left])
    until(lambda: len(heir.assignment()) == PARTITIONS, heir)
    with pytest.raises(PartitionLost):
        late.commit({Partition(kit.left, 0): Position(1)})
    until(lambda: set(told.lost) == all_of(kit.left), late, heir)
    # What it holds after it has joined anew may well be taken from it in good order; that is another story.
    assert told.gone == []
    until(lambda: len(late.assignment()) == len(heir.assignment()) == PARTITIONS // 2, late, heir)
    assert heir.committed(Partition(kit.left, 0)) is None


def test_only_held_partitions_can_be_moved_in(kit: Kit) -> None:
    """Seek, position and commit on a partition of somebody else's say that it is lost."""
    consumer = kit.consumer([kit.left])
    until(lambda: len(consumer.assignment()) == PARTITIONS, consumer)
    foreign = Partition(kit.right, 0)
    for attempt in (
        lambda: consumer.seek(foreign, 0),
        lambda: consumer.position(foreign),
        lambda: consumer.commit({foreign: Position(0)}),
    ):
        with pytest.raises(PartitionLost):
            attempt()
