"""Taking a partition over: claim it, restore the belief from the log, send again what may not have been sent."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import structlog

from analytics.contract import SlotLevel, UnknownReason
from analytics.inputs import TOPICS
from analytics.plans.planner import Planner
from analytics.plans.slot_views import Plan
from analytics.settings import AnalyticsSettings
from analytics.slot_rules import SlotRules
from analytics.store_state.batch_update import FRESH_HEADER, event_messages, level_message
from analytics.store_state.state import AnalyticsState, Owned, StoreState
from ingest.contract import CameraStatus, read_camera_record
from shelfstream.bus.api import Bus, Message, Partition, Producer, Reader, Record
from shelfstream.bus.delivery import send_all
from shelfstream.bus.ownership import Fence, OwnerClaim, claim, epoch_of, is_claim
from shelfstream.bus.topics import CAMERAS, EVENTS, LEVELS, check_partitioning, topic_table
from shelfstream.clock import Clock
from shelfstream.errors import InvalidMessage, StageStopped

T = TypeVar("T")
_log = structlog.get_logger(__name__)

_DIGITS_MOST = 4
_BEAT_EVERY = 500

_UNANSWERED = "the bus did not acknowledge what a restored partition sends again"


@dataclass
class RecoveredLevels:
    """Levels by (store, slot); how many newest transitions of each may not have been sent; what had to be given up."""

    levels: dict[tuple[str, str], SlotLevel] = field(default_factory=dict)
    fresh: dict[tuple[str, str], int] = field(default_factory=dict)
    unreadable: dict[tuple[str, str], SlotLevel] = field(default_factory=dict)


def newest_records(records: Iterable[Record]) -> dict[bytes, Record]:
    """The record that counts for each key.

    Records of an older owner than one already met do not count, unless compaction left nothing else of that key: the
    owner's own record went when it was overwritten, and what an older owner knew is better than nothing.
    """
    fence = Fence()
    counting: dict[bytes, Record] = {}
    leftover: dict[bytes, Record] = {}
    for record in records:
        admitted = fence.admits(record)
        if is_claim(record) or epoch_of(record) is None or record.key is None:
            continue
        (counting if admitted else leftover)[record.key] = record
    return leftover | counting


def beating(items: Iterable[T], beat: Callable[[], None]) -> Iterator[T]:
    """The items, with a beat now and then: whoever works through them for long is alive."""
    for number, item in enumerate(items):
        if number % _BEAT_EVERY == 0:
            beat()
        yield item


def replay_levels(
    records: Iterable[Record], plan: Plan, rules: SlotRules, beat: Callable[[], None] = lambda: None
) -> RecoveredLevels:
    """The levels that a partition's records leave standing.

    A planned slot whose record cannot be read becomes UNKNOWN, with a sequence above all that it can have had.
    """
    found = RecoveredLevels()
    for key, record in beating(newest_records(beating(records, beat)).items(), beat):
        if record.value is None:
            continue
        try:
            level = SlotLevel.decode(record.value)
        except InvalidMessage:
            _give_up(found, key, record, plan, rules)
            continue
        place = (level.store, level.slot)
        found.levels[place] = level
        found.fresh[place] = min(_fresh(record), len(level.transitions))
    return found


def _give_up(found: RecoveredLevels, key: bytes, record: Record, plan: Plan, rules: SlotRules) -> None:
    store, _, name = key.decode(errors="replace").partition("/")
    slot = plan.slots.get(store, {}).get(name)
    if slot is None:
        return
    at = record.appended_at
    found.unreadable[store, name] = rules.unknown(rules.new_level(slot, at), UnknownReason.UNREADABLE, at, at)


def _fresh(record: Record) -> int:
    raw = record.header(FRESH_HEADER)
    return int(raw) if raw is not None and raw.isdigit() and len(raw) <= _DIGITS_MOST else 0


class PartitionRecovery:
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
        self._rules = SlotRules(settings)
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
        start, _ = reader.bounds(levels)
        found = replay_levels(reader.read(levels, start, levels_epoch + 1), self._planner.plan, self._rules, beat)
        owned = Owned(levels_epoch, events_epoch, _stores(found, _cameras(index, reader, beat)))
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


def _sent_again(found: RecoveredLevels, owned: Owned, now: datetime) -> tuple[Iterator[Message], Iterator[Message]]:
    """Levels that had to be given up, and every event that may not have been sent, to be sent after them."""
    levels = (level_message(level, owned.levels_epoch, 1) for level in found.unreadable.values())
    due = [(level, 1) for level in found.unreadable.values()]
    due += [(level, found.fresh[place]) for place, level in found.levels.items()]
    return levels, (it for level, fresh in due for it in event_messages(level, fresh, owned.events_epoch, now))


def _indices(partitions: Sequence[Partition]) -> set[int]:
    given = {topic: {each.index for each in partitions if each.topic == topic} for topic in TOPICS}
    if any(given[topic] != given[LEVELS] for topic in TOPICS):
        message = ", ".join(f"{topic} {sorted(indices)}" for topic, indices in sorted(given.items()))
        raise StageStopped(f"analytics needs the same partitions of all its topics, but was given: {message}")
    return given[LEVELS]


def _stores(found: RecoveredLevels, cameras: Iterable[CameraStatus]) -> dict[str, StoreState]:
    slots: dict[str, dict[str, SlotLevel]] = {}
    for (store, slot), level in (found.levels | found.unreadable).items():
        slots.setdefault(store, {})[slot] = level
    status: dict[str, dict[str, CameraStatus]] = {}
    for each in cameras:
        status.setdefault(each.store, {})[each.camera] = each
    return {store: StoreState(slots.get(store, {}), status.get(store, {})) for store in slots.keys() | status.keys()}
