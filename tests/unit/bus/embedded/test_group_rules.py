"""Sharing partitions out, and packing headers: rules without a bus."""

from hypothesis import given
from hypothesis import strategies as st

from shelfstream.bus.api import Headers
from shelfstream.bus.embedded.broker import range_assignment
from shelfstream.bus.embedded.sqlite_log import pack, unpack

NAMES = st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=8, unique=True)


@given(NAMES, st.integers(1, 30))
def test_equal_numbers_of_equal_topics_stay_together(names: list[str], count: int) -> None:
    """Whatever the members, partition n of all topics is one member's, and shares differ by one at most."""
    owners = range_assignment(dict.fromkeys(names, ("a", "b")), {"a": count, "b": count})
    assert len(owners) == 2 * count
    by_index = [{owner for at, owner in owners.items() if at.index == index} for index in range(count)]
    assert all(len(owner) == 1 for owner in by_index)
    shares = [sum(owner == name for owner in owners.values()) // 2 for name in names]
    assert max(shares) - min(shares) <= 1


@given(st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=300)), max_size=9).map(tuple))
def test_headers_read_back_as_written(headers: Headers) -> None:
    """Names, values, order, repetitions and emptiness survive."""
    assert unpack(pack(headers)) == headers
