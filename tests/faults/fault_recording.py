"""What stands on the bus after a run, as its readers count it, to be compared and to be played again."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from alerts.contract import AlertRecord
from analytics.contract import SlotLevel, SlotState, StockEvent, Transition, UnknownReason
from detector.contract import FrameFacings
from shelfstream.bus.api import Bus, Message, Partition, Record
from shelfstream.bus.ownership import Fence, is_claim
from shelfstream.bus.topics import ALERTS, EVENTS, FACINGS, FRAMES, LEVELS
from shelfstream.errors import InvalidMessage
from shelfstream.wire import Wire

Levels = dict[tuple[str, str], SlotLevel]
Steps = dict[tuple[str, int], AlertRecord]
_Kind = TypeVar("_Kind", bound=Wire)
_LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def partitions(bus: Bus, topic: str) -> list[Partition]:
    """All partitions of a topic."""
    with closing(bus.admin()) as admin:
        return [Partition(topic, index) for index in range(admin.partition_counts([topic])[topic])]


def standing(bus: Bus, topic: str) -> Iterator[Record]:
    """Everything that stands in a topic, one partition after the other."""
    with closing(bus.reader()) as reader:
        for partition in partitions(bus, topic):
            yield from reader.read(partition, *reader.bounds(partition))


def counted(bus: Bus, topic: str) -> Iterator[Record]:
    """What a reader listens to: no claims, and nothing that an older owner wrote after a newer one."""
    fences: dict[Partition, Fence] = {}
    for record in standing(bus, topic):
        if fences.setdefault(record.partition, Fence()).admits(record) and not is_claim(record):
            yield record


def copied(record: Record) -> Message:
    """The record as it can be sent to another bus with as many partitions."""
    return Message(
        record.partition.topic, (record.key or b"").decode(), record.value, record.headers, record.partition.index
    )


def read_by(bus: Bus, group: str, topic: str) -> Iterator[Record]:
    """What a group has read of a topic and committed."""
    with closing(bus.admin()) as admin:
        left = admin.lag(group, [topic])
    with closing(bus.reader()) as reader:
        for partition, lag in sorted(left.items()):
            first, end = reader.bounds(partition)
            yield from reader.read(partition, first, max(first, end - lag))


def facings(bus: Bus) -> list[FrameFacings]:
    """Facings of all frames that were looked at; a frame that was looked at twice is there twice."""
    found = (_read(record, FrameFacings) for record in standing(bus, FACINGS))
    return [each for each in found if each is not None]


def frames(bus: Bus) -> list[Record]:
    """All frames, junk included."""
    return list(standing(bus, FRAMES))


def events(bus: Bus) -> list[StockEvent]:
    """Every event that counts, repeats included."""
    found = (_read(record, StockEvent) for record in counted(bus, EVENTS))
    return [each for each in found if each is not None]


def once(found: list[StockEvent], emitted_at: datetime) -> list[StockEvent]:
    """Each event once, all with one time of emission, by slot in the order in which they came."""
    plain = {
        event.event_id: event.model_copy(update={"emitted_at": emitted_at, "transition": undated(event.transition)})
        for event in found
    }
    return sorted(plain.values(), key=lambda event: (event.store, event.slot))


def ticks(bus: Bus) -> set[datetime]:
    """When analytics let time pass to an effect: when it met slots before any frame, and found some to be unseen."""
    written = [level for record in counted(bus, LEVELS) if (level := _read(record, SlotLevel)) is not None]
    met = {level.since for level in written if level.reason is UnknownReason.NEVER_SEEN}
    found = {event.transition.decided_at for event in events(bus) if event.transition.state is SlotState.UNKNOWN}
    return met | found


def undated(step: Transition) -> Transition:
    """The transition without what depends on when somebody looked: since when a slot is unseen does not."""
    if step.state is not SlotState.UNKNOWN:
        return step
    reason = UnknownReason.STALE if step.reason is UnknownReason.OFFLINE else step.reason
    return step.model_copy(update={"decided_at": step.onset.latest, "reason": reason})


def levels(bus: Bus) -> Levels:
    """The newest level of each slot, without the times at which somebody looked and saw nothing."""
    found = [level for record in counted(bus, LEVELS) if (level := _read(record, SlotLevel)) is not None]
    return {(level.store, level.slot): _undated_level(level) for level in found}


def _undated_level(level: SlotLevel) -> SlotLevel:
    changes: dict[str, object] = {"transitions": tuple(undated(step) for step in level.transitions)}
    if level.state is SlotState.UNKNOWN:
        reason = UnknownReason.STALE if level.reason is UnknownReason.OFFLINE else level.reason
        changes |= {"updated_at": level.last_seen_at or _LONG_AGO, "reason": reason}
        changes |= {} if level.transitions else {"since": _LONG_AGO}
    return level.model_copy(update=changes)


def steps(bus: Bus) -> Steps:
    """Every step of every alert, without the time of its emission."""
    found = [step for record in standing(bus, ALERTS) if (step := _read(record, AlertRecord)) is not None]
    return {(step.alert_id, step.step): step.model_copy(update={"emitted_at": None}) for step in found}


@dataclass(frozen=True)
class Seen:
    """What was seen in a frame, whichever products the gallery knew at that moment."""

    boxes_xyxy: tuple[tuple[float, float, float, float], ...]
    scores: tuple[float, ...]
    kinds: tuple[int, ...]

    @classmethod
    def of(cls, found: FrameFacings) -> "Seen":
        """The regions of a frame."""
        return cls(found.boxes_xyxy, found.scores, found.kinds)


def _read(record: Record, kind: type[_Kind]) -> _Kind | None:
    try:
        return kind.decode(record.value)
    except InvalidMessage:
        return None
