"""A place is taken up where the group left it, wherever the client's own position stands."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import pytest

from shelfstream.bus.api import Consumer, Partition, Position, Record
from shelfstream.bus.assignment import RebalanceListener
from shelfstream.bus.observer import Step, Tally
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Stage, Stateless

_PLACE = Partition("in", 0)


class _Client:
    """A consumer whose position is its own affair."""

    def __init__(self, committed: int | None, position: int) -> None:
        self._committed = committed
        self._position = position
        self.sought: list[int] = []

    def committed(self, partition: Partition) -> Position | None:
        return None if self._committed is None else Position(self._committed)

    def position(self, partition: Partition) -> int:
        return self._position

    def seek(self, partition: Partition, offset: int) -> None:
        self.sought.append(offset)

    def commit(self, positions: Mapping[Partition, Position]) -> None:
        self.positions = positions


class _Nobody:
    """Watches nothing."""

    def at(self, step: Step) -> None: ...

    def count(self, what: Tally, by: int = 1) -> None: ...


def _gained(client: _Client, records: list[Record]) -> tuple[RebalanceListener[None], list[Record]]:
    stage: Stage[None, object, object] = Stage("g", ("in",), cast("object", None), None, Stateless())  # type: ignore[arg-type]
    rebalances = RebalanceListener(stage, cast("Consumer", client), LoopSettings(), _Nobody())
    rebalances.assigned([_PLACE])
    return rebalances, rebalances.settle(records)


def _records(*offsets: int) -> list[Record]:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return [Record(_PLACE, offset, None, b"", (), now) for offset in offsets]


@pytest.mark.parametrize("in_hand", [(), (40, 41)])
def test_a_position_that_ran_ahead_is_taken_back(in_hand: tuple[int, ...]) -> None:
    """A client that kept its position over a rebalance would skip what was let go: it is sent back to the place."""
    client = _Client(committed=0, position=42 if in_hand else 40)
    rebalances, left = _gained(client, _records(*in_hand))
    assert client.sought == [0]
    assert left == []
    assert rebalances.offsets.next_offset(_PLACE) == 0


def test_records_that_begin_at_the_place_are_kept() -> None:
    """The usual case: the poll in hand begins where the group left off, and nothing is read twice."""
    client = _Client(committed=5, position=7)
    rebalances, left = _gained(client, _records(5, 6))
    assert client.sought == []
    assert [record.offset for record in left] == [5, 6]
    assert rebalances.offsets.next_offset(_PLACE) == 5


def test_without_a_commit_the_place_is_where_reading_began() -> None:
    """The first poll of a new group has moved the position on; what came with it counts."""
    client = _Client(committed=None, position=3)
    rebalances, left = _gained(client, _records(1, 2))
    assert client.sought == []
    assert len(left) == 2
    assert rebalances.offsets.next_offset(_PLACE) == 1
