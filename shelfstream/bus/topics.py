"""The one table of topics. ``shelfstream topics create``, the embedded bus and the contracts all read it.

Topics that share a partitioning (same ``keyed_by``) have equal partition counts, so that the range assignor
gives one process partition *n* of all of them: it then owns the stores of that partition whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from zlib import crc32

from shelfstream.errors import Fault, Faults

FRAMES = "shelf.frames"
CAMERAS = "shelf.cameras"
FACINGS = "shelf.facings"
LEVELS = "shelf.levels"
EVENTS = "shelf.events"
ALERTS = "shelf.alerts"
ANSWERS = "shelf.answers"
CATALOGUE = "shelf.catalogue"
DEAD_SUFFIX = ".dead"

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_MIB = 1024 * 1024
_LARGE_BYTES = 4 * _MIB
_SMALL_BYTES = 1 * _MIB
# A broker measures a record with its framing; the table's sizes are without.
_FRAMING_BYTES = 64 * 1024
FRAMES_HOURS_MAX = 72
"""How long pictures may be kept: people may be in them."""


class KeyedBy(StrEnum):
    """Which leading part of the key chooses the partition."""

    STORE = "store"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it is to be created.

    ``retention_ms`` of ``None`` keeps the newest record per key for ever (a compacted topic).
    ``segment_ms`` bounds how much longer than its retention a record can live.
    ``log_append_time``: records carry the broker's time, so that a camera's wrong clock cannot prolong retention.
    ``in_memory``: the embedded bus keeps this topic in memory only (pictures: large, short-lived, sent again).
    """

    name: str
    keyed_by: KeyedBy
    partitions: int
    retention_ms: int | None
    segment_ms: int = _DAY_MS
    max_message_bytes: int = _SMALL_BYTES
    log_append_time: bool = True
    in_memory: bool = False

    @property
    def compacted(self) -> bool:
        """Whether the topic keeps the newest record per key instead of a time."""
        return self.retention_ms is None

    @property
    def largest_record_bytes(self) -> int:
        """What a broker must take, framing included."""
        return self.max_message_bytes + _FRAMING_BYTES

    @property
    def holds_pictures(self) -> bool:
        """Whether there are pictures in it, alive or dead."""
        return self.in_memory


@dataclass(frozen=True, slots=True)
class TopicSizes:
    """What an installation may choose about its topics; everything else is the table's."""

    store_partitions: int = 12
    camera_partitions: int = 24
    frames_retention_h: int = 24

    def check(self) -> None:
        """Raise ``Faults`` with everything that is wrong with these sizes."""
        faults = []
        if not 1 <= self.store_partitions <= 1000:
            faults.append(Fault("store_partitions", "must be 1 to 1000"))
        if not 1 <= self.camera_partitions <= 1000:
            faults.append(Fault("camera_partitions", "must be 1 to 1000"))
        if not 1 <= self.frames_retention_h <= FRAMES_HOURS_MAX:
            faults.append(Fault("frames_retention_h", f"pictures are kept 1 to {FRAMES_HOURS_MAX} hours"))
        if faults:
            raise Faults("topic sizes", faults)


def topic_table(sizes: TopicSizes = TopicSizes()) -> Mapping[str, TopicSpec]:
    """All topics by name, each followed by its dead letters."""
    sizes.check()
    frames_ms = sizes.frames_retention_h * _HOUR_MS
    stores, cameras = sizes.store_partitions, sizes.camera_partitions
    live = (
        TopicSpec(FRAMES, KeyedBy.CAMERA, cameras, frames_ms, _HOUR_MS, _LARGE_BYTES, in_memory=True),
        TopicSpec(CAMERAS, KeyedBy.STORE, stores, None),
        TopicSpec(FACINGS, KeyedBy.STORE, stores, _DAY_MS, _HOUR_MS),
        TopicSpec(LEVELS, KeyedBy.STORE, stores, None),
        TopicSpec(EVENTS, KeyedBy.STORE, stores, 30 * _DAY_MS),
        TopicSpec(ALERTS, KeyedBy.STORE, stores, 30 * _DAY_MS),
        TopicSpec(ANSWERS, KeyedBy.STORE, stores, 30 * _DAY_MS),
        TopicSpec(CATALOGUE, KeyedBy.STORE, stores, None, max_message_bytes=_LARGE_BYTES),
    )
    return MappingProxyType({spec.name: spec for topic in live for spec in (topic, dead_letters_of(topic))})


def dead_letters_of(spec: TopicSpec) -> TopicSpec:
    """The topic of ``spec``'s dead letters: a week, and never longer than the topic itself where that has pictures."""
    week_ms = 7 * _DAY_MS
    retention_ms = min(week_ms, spec.retention_ms) if spec.in_memory and spec.retention_ms else week_ms
    return replace(
        spec,
        name=spec.name + DEAD_SUFFIX,
        retention_ms=retention_ms,
        segment_ms=min(spec.segment_ms, _HOUR_MS if spec.in_memory else _DAY_MS),
        max_message_bytes=spec.max_message_bytes + _MIB,
    )


def partition_of(key: str, spec: TopicSpec, partitions: int) -> int:
    """Partition for a key: CRC-32 of its store (or store/camera) part. The same in every implementation, for ever."""
    depth = 1 if spec.keyed_by is KeyedBy.STORE else 2
    routed = "/".join(key.split("/")[:depth])
    return crc32(routed.encode()) % partitions


def check_partitioning(counts: Mapping[str, int], topics: Iterable[str], table: Mapping[str, TopicSpec]) -> None:
    """Check that every topic is there and that topics of one partitioning have equal counts; else raise ``Faults``."""
    wanted = list(topics)
    faults = [
        Fault(topic, "is not there; create it with: shelfstream topics create")
        for topic in wanted
        if topic not in counts
    ]
    faults.extend(unequal_partitionings(counts, wanted, table))
    if faults:
        raise Faults("topics on the bus", faults)


def unequal_partitionings(
    counts: Mapping[str, int], topics: Iterable[str], table: Mapping[str, TopicSpec]
) -> Iterator[Fault]:
    """Where topics of one partitioning have unequal counts."""
    there = [topic for topic in topics if topic in counts]
    for keyed_by in KeyedBy:
        group = {topic: counts[topic] for topic in there if table[topic].keyed_by is keyed_by}
        if len(set(group.values())) > 1:
            message = ", ".join(f"{topic} has {count}" for topic, count in sorted(group.items()))
            yield Fault(f"topics partitioned by {keyed_by}", f"need equal partition counts, but {message}")
