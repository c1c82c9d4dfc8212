"""Taking a partition over: claim it, restore the belief from the log, send again what may not have been sent."""

from collections.abc import Iterable, Sequence
from concurrent.futures import TimeoutError as NotInTime

import structlog

from analytics.contract import SlotLevel
from analytics.draft import event_messages, level_message
from analytics.folding import Found, fold
from analytics.items import TOPICS
from analytics.planner import Planner
from analytics.settings import AnalyticsSettings
from analytics.state import AnalyticsState, Owned, StoreState
from ingest.contract import CameraStatus, read_camera_record
from shelfstream.bus.ownership import OwnerClaim, claim
from shelfstream.bus.records import Message, Partition
from shelfstream.bus.seam import Bus
from shelfstream.bus.topics import CAMERAS, EVENTS, LEVELS, check_partitioning, topic_table
from shelfstream.clock import Clock
from shelfstream.errors import InvalidMessage, StageStopped, Unavailable

_ACKNOWLEDGED_WITHIN_S = 30.0
_log = structlog.get_logger(__name__)


class Restoring:
    """The stage's ``StateStore``. ``owner`` names this process in its claims."""

    def __init__(self, bus: Bus, planner: Planner, settings: AnalyticsSettings, *, owner: str, clock: Clock) -> None:
        self._planner = planner
        self._settings = settings
        self._owner = owner
        self._clock = clock
        self._producer = bus.producer()
        self._reader = bus.reader()
        self._admin = bus.admin()

    def gained(self, state: AnalyticsState, partitions: Sequence[Partition]) -> AnalyticsState:
        """Claim and restore partitions. Raises ``Unavailable``; ``StageStopped`` if topics were given out unevenly."""
        indices = _indices(partitions)
        counts = self._admin.partition_counts((*TOPICS, EVENTS))
        check_partitioning(counts, (*TOPICS, EVENTS), topic_table())
        self._planner.follow(state.owned.keys() | indices, counts[LEVELS], self._reader)
        for index in sorted(indices):
            state = state.having(index, self._taken_over(index))
        return state

    def dropped(self, state: AnalyticsState, partitions: Sequence[Partition]) -> AnalyticsState:
        """Forget partitions that went to somebody else."""
        left = state.without(frozenset(partition.index for partition in partitions if partition.topic == LEVELS))
        self._planner.keep(left.owned.keys())
        return left

    def close(self) -> None:
        """Let go of the bus."""
        self._producer.close()
        self._reader.close()
        self._admin.close()

    def _taken_over(self, index: int) -> Owned:
        claimed = OwnerClaim(owner=self._owner, at=self._clock.now())
        levels = Partition(LEVELS, index)
        levels_epoch = claim(self._producer, levels, claimed)
        events_epoch = claim(self._producer, Partition(EVENTS, index), claimed)
        start, _ = self._reader.bounds(levels)
        found = fold(self._reader.read(levels, start, levels_epoch + 1), self._planner.plan, self._settings)
        owned = Owned(levels_epoch, events_epoch, _stores(found, self._cameras(index)))
        self._send_again(found, owned)
        _log.info("partition_taken_over", partition=index, slots=len(found.levels), owner_epoch=levels_epoch)
        return owned

    def _cameras(self, index: int) -> list[CameraStatus]:
        partition = Partition(CAMERAS, index)
        newest: dict[tuple[str, str], CameraStatus] = {}
        for record in self._reader.read(partition, *self._reader.bounds(partition)):
            try:
                status = read_camera_record(record)
            except InvalidMessage:
                continue
            if isinstance(status, CameraStatus):
                newest[status.store, status.camera] = status
        return list(newest.values())

    def _send_again(self, found: Found, owned: Owned) -> None:
        for store, slot in found.unreadable:
            _log.error("level_unreadable", store=store, slot=slot)
        self._send(level_message(level, owned.levels_epoch, 1) for level in found.unreadable.values())
        due = [(level, 1) for level in found.unreadable.values()]
        due += [(level, found.fresh[place]) for place, level in found.levels.items()]
        self._send(message for level, count in due for message in self._events(level, count, owned))

    def _events(self, level: SlotLevel, fresh: int, owned: Owned) -> Iterable[Message]:
        return event_messages(level, fresh, owned.events_epoch, self._clock.now())

    def _send(self, messages: Iterable[Message]) -> None:
        futures = [self._producer.send(message) for message in messages]
        self._producer.flush(_ACKNOWLEDGED_WITHIN_S)
        for future in futures:
            try:
                future.result(_ACKNOWLEDGED_WITHIN_S)
            except NotInTime as exc:
                raise Unavailable("the bus did not acknowledge what a restored partition sends again") from exc


def _indices(partitions: Sequence[Partition]) -> set[int]:
    given = {topic: {each.index for each in partitions if each.topic == topic} for topic in TOPICS}
    if any(given[topic] != given[LEVELS] for topic in TOPICS):
        told = ", ".join(f"{topic} {sorted(indices)}" for topic, indices in sorted(given.items()))
        raise StageStopped(f"analytics needs the same partitions of all its topics, but was given: {told}")
    return given[LEVELS]


def _stores(found: Found, cameras: Iterable[CameraStatus]) -> dict[str, StoreState]:
    slots: dict[str, dict[str, SlotLevel]] = {}
    for (store, slot), level in (found.levels | found.unreadable).items():
        slots.setdefault(store, {})[slot] = level
    status: dict[str, dict[str, CameraStatus]] = {}
    for each in cameras:
        status.setdefault(each.store, {})[each.camera] = each
    return {store: StoreState(slots.get(store, {}), status.get(store, {})) for store in slots.keys() | status.keys()}
