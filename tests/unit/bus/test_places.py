"""Attempt marks: which of them count when a partition comes back."""

from datetime import UTC, datetime

from shelfstream.bus.api import Partition, Position, Record
from shelfstream.bus.offsets import CommitMetadata, PartitionOffsets

AT = Partition("in", 0)
RECORD = Record(AT, 7, b"k", b"v", (), datetime(2026, 3, 1, tzinfo=UTC))


def found(attempts: int) -> Position:
    return Position(7, CommitMetadata(open=True, attempt_offset=7, attempts=attempts).encode())


def places_at(attempts: int) -> PartitionOffsets:
    places = PartitionOffsets()
    places.gain(AT, 7, found(attempts), 17)
    return places


def attempts_in(positions: dict[Partition, Position]) -> int:
    return CommitMetadata.decode(positions[AT].note).attempts


def test_a_mark_counts_the_try_and_the_next_commit_takes_it_back() -> None:
    """The committed mark is one more than what was found; whatever is committed after it says what was found."""
    places = places_at(1)
    assert attempts_in(places.marked(RECORD)) == 2
    assert attempts_in(places.positions((AT,), open_=True)) == 1


def test_our_own_mark_found_again_is_no_death() -> None:
    """Lost in the middle of a try and gained again as it was left: the count is what it was before the try."""
    places = places_at(1)
    places.marked(RECORD)
    places.drop((AT,))
    places.gain(AT, 7, found(2), 17)
    assert places.attempts_at(RECORD) == 1


def test_a_mark_taken_back_and_found_again_is_somebody_elses() -> None:
    """Another process that died at the same record left the same mark: it counts."""
    places = places_at(1)
    places.marked(RECORD)
    places.marks_gone((AT,))
    places.drop((AT,))
    places.gain(AT, 7, found(2), 17)
    assert places.attempts_at(RECORD) == 2


def test_no_count_falls_below_nothing() -> None:
    """A partition without attempts comes back without attempts, whatever was marked elsewhere in it."""
    places = places_at(0)
    places.marked(RECORD)
    places.drop((AT,))
    places.gain(AT, 3, Position(3, CommitMetadata(open=True).encode()), 13)
    assert attempts_in(places.positions((AT,), open_=True)) == 0
