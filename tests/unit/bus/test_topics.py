"""The table of topics and how keys find their partitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelfstream.bus.topics import (
    CAMERAS,
    EVENTS,
    FACINGS,
    FRAMES,
    LEVELS,
    KeyedBy,
    TopicSizes,
    check_partitioning,
    partition_of,
    topic_table,
)
from shelfstream.errors import Faults

TABLE = topic_table()
slugs = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)


@given(slugs, slugs, slugs, st.integers(1, 50))
def test_one_store_is_one_partition_in_all_store_topics(store: str, left: str, right: str, count: int) -> None:
    """Whatever follows the store in a key, its partition is the same: one process owns a store whole."""
    found = {
        partition_of(f"{store}/{rest}", TABLE[topic], count)
        for rest in (left, right)
        for topic in (CAMERAS, FACINGS, LEVELS, EVENTS)
    }
    assert len(found) == 1
    assert 0 <= found.pop() < count


def test_partitions_are_fixed_for_ever() -> None:
    """The rule must never change under running installations: known keys keep known partitions."""
    assert [partition_of(f"store-{n}/slot", TABLE[LEVELS], 12) for n in range(4)] == [4, 10, 8, 6]
    assert partition_of("s/cam-1", TABLE[FRAMES], 24) != partition_of("s/cam-2", TABLE[FRAMES], 24)


def test_pictures_live_no_longer_dead_than_alive() -> None:
    """Dead letters of frames are kept no longer than frames, and frames at most 72 hours."""
    table = topic_table(TopicSizes(frames_retention_h=48))
    assert table["shelf.frames.dead"].retention_ms == table[FRAMES].retention_ms == 48 * 3_600_000
    with pytest.raises(Faults, match="72"):
        topic_table(TopicSizes(frames_retention_h=73))


def test_every_topic_has_dead_letters_with_room_for_the_reason() -> None:
    """A message of the largest size still fits when it dies."""
    for name, spec in TABLE.items():
        if not name.endswith(".dead"):
            assert TABLE[f"{name}.dead"].max_message_bytes > spec.max_message_bytes
            assert TABLE[f"{name}.dead"].partitions == spec.partitions


def test_unequal_and_missing_topics_are_told_together() -> None:
    """A start on a wrongly made broker names every fault and the command that mends the missing ones."""
    counts = {FACINGS: 12, LEVELS: 6}
    with pytest.raises(Faults) as caught:
        check_partitioning(counts, [FACINGS, LEVELS, EVENTS], TABLE)
    assert "shelfstream topics create" in str(caught.value)
    assert "shelf.levels has 6" in str(caught.value)
    check_partitioning({FACINGS: 6, LEVELS: 6, FRAMES: 24}, [FACINGS, LEVELS, FRAMES], TABLE)


def test_frames_alone_are_spread_by_camera() -> None:
    """Only frames are partitioned by camera; all else belongs to a store's owner."""
    by_camera = {name for name, spec in TABLE.items() if spec.keyed_by is KeyedBy.CAMERA}
    assert by_camera == {FRAMES, f"{FRAMES}.dead"}
