"""One member of a group on the embedded bus."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from shelfstream.bus.api import AssignmentListener, Partition, Position, Record
from shelfstream.bus.embedded.broker import Core, Member
from shelfstream.errors import PartitionLost

_WAKE_EVERY_S = 0.5


class EmbeddedConsumer:
    """Belongs to one thread. The listener is called without the bus's lock, so it may take its time."""

    def __init__(self, core: Core, group: str, name: str) -> None:
        self._core = core
        self._group = group
        self._name = name
        self._member: Member | None = None
        self._listener: AssignmentListener | None = None
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._turn = 0

    def subscribe(self, topics: Sequence[str], listener: AssignmentListener) -> None:
        with self._core.news:
            unknown = [topic for topic in topics if topic not in self._core.counts]
            if unknown:
                raise ValueError(f"no such topic: {', '.join(unknown)}")
            self._listener = listener
            self._join(tuple(topics))

    def _join(self, topics: tuple[str, ...]) -> None:
        self._member = Member(self._name, topics, self._core.clock.monotonic_s())
        self._core.group(self._group).join(self._member)
        self._core.news.notify_all()

    def poll(self, timeout_s: float, max_records: int) -> list[Record]:
        # Waiting is measured on the machine's own clock: the bus's may stand still in a test.
        until_s = time.monotonic() + timeout_s
        while True:
            self._rebalance()
            with self._core.news:
                records = self._fetch(max_records)
                left_s = until_s - time.monotonic()
                if records or left_s <= 0:
                    return records
                self._core.news.wait(min(left_s, _WAKE_EVERY_S))

    def _rebalance(self) -> None:
        member, listener = self._member, self._listener
        if member is None or listener is None:
            raise RuntimeError("poll before subscribe")
        group = self._core.group(self._group)
        with self._core.news:
            lost = not group.has(member)
            if lost:
                self._join(member.topics)
            else:
                group.beat(member, self._core.clock.monotonic_s())
            gone = sorted(member.held) if lost else group.to_release(member)
        if gone:
            self._let_go(member, listener, gone, lost=lost)
        self._take(listener)

    def _let_go(self, member: Member, listener: AssignmentListener, gone: Sequence[Partition], *, lost: bool) -> None:
        listener.revoked(gone, lost=lost)
        with self._core.news:
            member.held.difference_update(gone)
            for partition in gone:
                self._positions.pop(partition, None)
            self._paused.difference_update(gone)
            self._core.news.notify_all()

    def _take(self, listener: AssignmentListener) -> None:
        with self._core.news:
            member = self._member
            taken = self._core.group(self._group).to_take(member) if member is not None else []
            if member is None or not taken:
                return
            for partition in taken:
                committed = self._core.committed(self._group, partition)
                first, _ = self._core.bounds(partition)
                self._positions[partition] = committed.offset if committed is not None else first
            member.held.update(taken)
        listener.assigned(taken)

    def _fetch(self, max_records: int) -> list[Record]:
        """Records from all partitions that have any, beginning with another partition each time."""
        records: list[Record] = []
        order = sorted(self._positions.keys() - self._paused)
        self._turn += 1
        shift = self._turn % len(order) if order else 0
        for partition in order[shift:] + order[:shift]:
            if len(records) >= max_records:
                break
            records += self._fetch_from(partition, max_records - len(records))
        return records

    def _fetch_from(self, partition: Partition, limit: int) -> list[Record]:
        first, end = self._core.bounds(partition)
        position = self._positions[partition]
        if not first <= position <= end:
            position = self._positions[partition] = first
        if position == end:
            return []
        found = self._core.read(partition, position, end, limit)
        self._positions[partition] = found[-1].offset + 1 if found else end
        return found

    def assignment(self) -> frozenset[Partition]:
        return frozenset(self._positions)

    def pause(self, partitions: Iterable[Partition]) -> None:
        self._paused.update(partitions)

    def resume(self, partitions: Iterable[Partition]) -> None:
        self._paused.difference_update(partitions)

    def seek(self, partition: Partition, offset: int) -> None:
        self._check_held((partition,))
        self._positions[partition] = offset

    def position(self, partition: Partition) -> int:
        self._check_held((partition,))
        return self._positions[partition]

    def committed(self, partition: Partition) -> Position | None:
        return self._core.committed(self._group, partition)

    def commit(self, positions: Mapping[Partition, Position]) -> None:
        with self._core.news:
            member = self._member
            if member is None or not self._core.group(self._group).has(member):
                raise PartitionLost(f"{self._name} is not a member of {self._group} any more")
            self._check_held(positions)
            self._core.commit(self._group, positions)

    def _check_held(self, partitions: Iterable[Partition]) -> None:
        member = self._member
        gone = [partition for partition in partitions if member is None or partition not in member.held]
        if gone:
            raise PartitionLost(f"{self._name} does not hold {', '.join(map(str, gone))}")

    def end_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        return {partition: self._core.bounds(partition)[1] for partition in partitions}

    def offsets_at(self, moment: datetime, partitions: Iterable[Partition]) -> dict[Partition, int]:
        return {partition: self._core.offset_at(partition, moment) for partition in partitions}

    def close(self) -> None:
        with self._core.news:
            if self._member is not None:
                self._core.group(self._group).leave(self._member)
                self._member = None
                self._positions.clear()
                self._core.news.notify_all()
