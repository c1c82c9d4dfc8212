"""Taking a partition over: claim it, restore the belief from the log, send again what may not have been sent."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime

import structlog

from analytics.contract import SlotLevel
from analytics.draft import event_messages, level_message
from analytics.folding import Found, beating, fold
from analytics.items import TOPICS
from analytics.planner import Planner
from analytics.settings import AnalyticsSettings
from analytics.state import AnalyticsState, Owned, StoreState
from ingest.contract import CameraStatus, read_camera_record
from shelfstream.bus.ownership import OwnerClaim, claim
from shelfstream.bus.records import Message, Partition
from shelfstream.bus.seam import Bus, Producer, Reader
from shelfstream.bus.send_all import send_all
from shelfstream.bus.topics import CAMERAS, EVENTS, FACINGS, LEVELS, check_partitioning, topic_table
from shelfstream.clock import Clock
from shelfstream.errors import InvalidMessage, StageStopped

_log = structlog.get_logger(__name__)
_UNANSWERED = "the bus did not acknowledge what a restored partition sends again"


class Restoring:
    """The stage's ``StateStore``. ``owner`` names this process in its claims; ``keep`` is told what stores are left."""

    def __init__(
        self,
        bus: Bus,
        planner: Planner,
        settings: AnalyticsSettings,
        *,
        owner: str,
        clock: Clock,
        keep: Callable[[frozenset[str]], None],
    ) -> None:
        self._bus = bus
        self._planner = planner
        self._settings = settings
        self._owner = owner
        self._clock = clock
        self._keep = keep

    def gained(
        self, state: AnalyticsState, partitions: Sequence[Partition], beat: Callable[[], None]
    ) -> AnalyticsState:
        """Claim and restore partitions. Raises ``Unavailable``; ``StageStopped`` if topics were given out unevenly."""
        indices = _indices(partitions)
        with closing(self._bus.admin()) as admin:
            counts = admin.partition_counts((*TOPICS, EVENTS))
        check_partitioning(counts, (*TOPICS, EVENTS), topic_table())
        with closing(self._bus.reader()) as reader, closing(self._bus.producer()) as producer:
            self._planner.follow(state.owned.keys() | indices, counts[LEVELS], reader)
            for index in sorted(indices):
                state = state.having(index, self._taken_over(index, reader, producer, beat))
        return state

    def dropped(self, state: AnalyticsState, partitions: Sequence[Partition]) -> AnalyticsState:
        """Forget partitions that went to somebody else."""
        left = state.without(frozenset(partition.index for partition in partitions if partition.topic == LEVELS))
        self._planner.keep(left.owned.keys())
        self._keep(left.stores)
        return left

    def _taken_over(self, index: int, reader: Reader, producer: Producer, beat: Callable[[], None]) -> Owned:
        claimed = OwnerClaim(owner=self._owner, at=self._clock.now())
        levels = Partition(LEVELS, index)
        levels_epoch = claim(producer, levels, claimed)
        events_epoch = claim(producer, Partition(EVENTS, index), claimed)
        facings_epoch = claim(producer, Partition(FACINGS, index), claimed)
        start, _ = reader.bounds(levels)
        found = fold(reader.read(levels, start, levels_epoch + 1), self._planner.plan, self._settings, beat)
        owned = Owned(levels_epoch, events_epoch, facings_epoch, _stores(found, _cameras(index, reader, beat)))
        for store, slot in found.unreadable:
            _log.error("level_unreadable", store=store, slot=slot)
        levels_again, events_again = _sent_again(found, owned, self._clock.now())
        send_all(producer, levels_again, otherwise=_UNANSWERED, beat=beat)
        send_all(producer, events_again, otherwise=_UNANSWERED, beat=beat)
        _log.info("partition_taken_over", partition=index, slots=len(found.levels), owner_epoch=levels_epoch)
        return owned


def _cameras(index: int, reader: Reader, beat: Callable[[], None]) -> list[CameraStatus]:
    partition = Partition(CAMERAS, index)
    newest: dict[tuple[str, str], CameraStatus] = {}
    for record in beating(reader.read(partition, *reader.bounds(partition)), beat):
        try:
            status = read_camera_record(record)
        except InvalidMessage:
            continue
        if isinstance(status, CameraStatus):
            newest[status.store, status.camera] = status
    return list(newest.values())


def _sent_again(found: Found, owned: Owned, now: datetime) -> tuple[Iterator[Message], Iterator[Message]]:
    """Levels that had to be given up, and every event that may not have been sent, to be sent after them."""
    levels = (level_message(level, owned.levels_epoch, 1) for level in found.unreadable.values())
    due = [(level, 1) for level in found.unreadable.values()]
    due += [(level, found.fresh[place]) for place, level in found.levels.items()]
    return levels, (it for level, fresh in due for it in event_messages(level, fresh, owned.events_epoch, now))


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
