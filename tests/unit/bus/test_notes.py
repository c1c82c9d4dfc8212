"""Notes beside committed offsets."""

from hypothesis import given
from hypothesis import strategies as st

from shelfstream.bus.offsets import CommitMetadata


@given(st.builds(CommitMetadata, st.booleans(), st.integers(-1, 2**62), st.integers(0, 100), st.integers(-1, 2**62)))
def test_a_note_reads_back_as_written(note: CommitMetadata) -> None:
    """Encoding loses nothing, and stays far below the 4 KiB that Kafka keeps."""
    assert CommitMetadata.decode(note.encode()) == note
    assert len(note.encode()) < 200


@given(st.text())
def test_an_unreadable_note_counts_as_left_open(text: str) -> None:
    """Any other text never raises; one that is no note means that somebody was at work."""
    assert isinstance(CommitMetadata.decode(text), CommitMetadata)
    assert CommitMetadata.decode("left by another program") == CommitMetadata(open=True)


def test_attempts_belong_to_one_offset() -> None:
    """Attempts at one record say nothing about another."""
    note = CommitMetadata(attempt_offset=7, attempts=2)
    assert (note.attempts_at(7), note.attempts_at(8)) == (2, 0)
