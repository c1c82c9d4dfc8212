"""Members of Kafka's groups with a name of their own: a place that is kept for them, and that no two may have."""

import pytest

from shelfstream.bus.api import Partition, Position
from shelfstream.errors import StageStopped
from tests.contract.bus.bus_kit import PARTITIONS, Kit, Listener, until

pytestmark = pytest.mark.real


def test_a_named_member_that_comes_back_has_its_place_at_once(kafka_named: Kit) -> None:
    """Closed and opened again under its name it has what it had, and the other member is not bothered."""
    topics, told = [kafka_named.left], Listener()
    named = kafka_named.consumer(topics, member="one")
    other = kafka_named.consumer(topics, listener=told, member="two")
    until(lambda: len(named.assignment()) == len(other.assignment()) == PARTITIONS // 2, named, other)
    mine = named.assignment()
    told.gone.clear()
    named.close()
    again = kafka_named.consumer(topics, member="one")
    until(lambda: again.assignment() == mine, again, other)
    assert told.gone == told.lost == []


def test_a_member_whose_name_another_one_took_is_stopped(kafka_named: Kit) -> None:
    """Two processes of one name: the first one is told so at its next commit, instead of joining for ever."""
    first = kafka_named.consumer([kafka_named.left], member="same")
    until(lambda: len(first.assignment()) == PARTITIONS, first)
    second = kafka_named.consumer([kafka_named.left], member="same")
    until(lambda: len(second.assignment()) == PARTITIONS, second)
    with pytest.raises(StageStopped, match="SHELFSTREAM_PROCESS__NAME"):
        first.commit({Partition(kafka_named.left, 0): Position(0)})
