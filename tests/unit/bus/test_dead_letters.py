"""Dead letters and their budget."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.dead_letters import AT, GROUP, DeadLetterBudget, Failure, age_of_letter, dead_letter
from shelfstream.errors import StageStopped

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


_RECORD = Record(Partition("shelf.frames", 0), 1, b"k", b"v", (), NOW)


def letter_of(record: Record) -> Message:
    return dead_letter(Failure(record, "no JPEG", "InvalidMessage"), "detector", NOW)


def test_a_dead_letter_keeps_the_original_and_says_why() -> None:
    """Value, headers and even a key that is no text survive; reason, origin, group and attempts are told."""
    record = Record(Partition("shelf.frames", 5), 99, b"\xff\x00", b"junk", (("frame", b"{}"),), NOW)
    letter = letter_of(record)
    told = dict(letter.headers)
    assert (letter.topic, letter.partition, letter.value) == ("shelf.frames.dead", 5, b"junk")
    assert told["frame"] == b"{}"
    assert told["dead.key"] == b"\xff\x00"
    assert told["dead.reason"] == b"no JPEG"
    assert told["dead.origin"] == b"shelf.frames/5@99"
    assert (told["dead.group"], told["dead.attempts"]) == (b"detector", b"1")


def test_a_letter_that_dies_again_tells_the_newest_death_only() -> None:
    """A dead letter put back and dead again does not pile up old reasons."""
    first = letter_of(Record(Partition("shelf.frames", 0), 1, b"k", b"v", (), NOW))
    again = Record(Partition("shelf.frames", 0), 2, b"k", b"v", first.headers, NOW)
    names = [name for name, _ in letter_of(again).headers]
    assert len(names) == len(set(names))


def test_a_letter_tells_its_own_group_how_old_it_is() -> None:
    """Another group's letters, and records that are no letters, have no age for us."""
    found = Record(Partition("shelf.frames.dead", 0), 0, b"k", b"v", letter_of(_RECORD).headers, NOW)
    assert age_of_letter(found, "detector", NOW + timedelta(seconds=5)) == 5
    assert age_of_letter(found, "keeper", NOW) is None
    for headers in ((), ((GROUP, b"detector"),), ((GROUP, b"detector"), (AT, b"yesterday"))):
        assert age_of_letter(Record(found.partition, 0, b"k", b"v", headers, NOW), "detector", NOW) is None


def test_what_was_buried_before_counts_until_it_is_too_old() -> None:
    """Letters recalled from the log take their part of the budget, each for the rest of its window."""
    budget = DeadLetterBudget(most=2, window_s=10)
    budget.recall([9, 3], now_s=100)
    with pytest.raises(StageStopped):
        budget.spend(1, now_s=100, newest_reason="a")
    budget.spend(1, now_s=102, newest_reason="a")
    with pytest.raises(StageStopped):
        budget.spend(1, now_s=102, newest_reason="a")


def test_over_the_budget_the_stage_stops_and_says_why() -> None:
    """The letter that is one too many is refused with the newest reason in the sentence."""
    budget = DeadLetterBudget(most=2, window_s=10)
    budget.spend(2, now_s=0, newest_reason="a")
    with pytest.raises(StageStopped, match="wrong version"):
        budget.spend(1, now_s=9.9, newest_reason="wrong version")


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 3)), max_size=60), st.integers(0, 10))
def test_within_any_window_no_more_than_the_budget_is_spent(steps: list[tuple[float, int]], most: int) -> None:
    """However dead letters arrive, those let through within one window never exceed the budget."""
    budget, now_s, spent = DeadLetterBudget(most, window_s=7), 0.0, list[float]()
    for wait_s, count in steps:
        now_s += wait_s
        try:
            budget.spend(count, now_s, "reason")
        except StageStopped:
            continue
        spent += [now_s] * count
        assert sum(at > now_s - 7 for at in spent) <= most
