"""What is told of topics that are not as the table needs them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelfstream.bus.topic_check import APPLY, CREATE, Difference, TopicState, differences, refuse
from shelfstream.bus.topics import EVENTS, FRAMES, LEVELS, TopicSizes, TopicSpec, topic_table
from shelfstream.errors import Faults

_HOUR_MS = 3_600_000
TABLE = topic_table(TopicSizes(frames_retention_h=24))
# What Apache Kafka gives a topic that is made without a word.
DEFAULT = TopicState(12, frozenset({"delete"}), 7 * 24 * _HOUR_MS, 7 * 24 * _HOUR_MS, 1_048_588, False)


def as_wanted(spec: TopicSpec) -> TopicState:
    policy = frozenset({"compact" if spec.compacted else "delete"})
    size_bytes = spec.largest_record_bytes
    return TopicState(spec.partitions, policy, spec.retention_ms, spec.segment_ms, size_bytes, spec.log_append_time)


def of(topic: str, found: TopicState) -> list[Difference]:
    return differences({topic: found}, [topic], TABLE)


def test_topics_as_the_table_wants_them_differ_in_nothing() -> None:
    """The table compared with itself."""
    assert differences({name: as_wanted(spec) for name, spec in TABLE.items()}, TABLE, TABLE) == []


def test_a_brokers_defaults_are_told_one_by_one() -> None:
    """Frames: too small, kept too long, foreign times; levels: wrong cleanup; events: stops nobody."""
    frames = {each.what.split(";")[0] for each in of(FRAMES, replace(DEFAULT, partitions=24)) if each.stops}
    assert frames == {
        "takes records of at most 1048588 bytes",
        "keeps pictures for 7 days, in segments of 7 days",
        "has its records' times from their senders' clocks",
    }
    assert [each.stops for each in of(LEVELS, DEFAULT) if "cleanup.policy" in each.what] == [True]
    events = of(EVENTS, replace(DEFAULT, largest_record_bytes=2_000_000))
    assert [each.stops for each in events] == [False, False]
    assert all(each.command == APPLY for each in events)


def test_a_topic_that_is_not_there_is_told_with_what_makes_it() -> None:
    """And it is a reason not to run."""
    (missing,) = differences({}, [LEVELS], TABLE)
    assert (missing.command, CREATE in str(missing.fault)) == (CREATE, True)
    with pytest.raises(Faults, match=LEVELS):
        refuse([missing])


@given(st.none() | st.integers(0, 400 * _HOUR_MS), st.integers(1, 400 * _HOUR_MS))
def test_no_picture_outlives_its_72_hours(retention_ms: int | None, segment_ms: int) -> None:
    """However a broker keeps frames, alive or dead: a start is refused exactly where one may live longer."""
    for topic in (FRAMES, f"{FRAMES}.dead"):
        found = replace(as_wanted(TABLE[topic]), retention_ms=retention_ms, segment_ms=segment_ms)
        stops = any(each.stops for each in of(topic, found))
        too_long = retention_ms is None or retention_ms + segment_ms > 73 * _HOUR_MS
        assert stops == too_long


def test_what_only_differs_from_the_settings_stops_nobody() -> None:
    """An operator who keeps events for a year is told so, and may."""
    told = of(EVENTS, replace(as_wanted(TABLE[EVENTS]), retention_ms=365 * 24 * _HOUR_MS))
    assert [each.what for each in told] == ["keeps records for 365 days; the settings say 30 days"]
    refuse(told)
