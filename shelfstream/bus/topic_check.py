"""Compares the topics on a bus with what the table needs of them: for ``topics check`` and for every start."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shelfstream.bus.topics import FRAMES_HOURS_MAX, TopicSpec, unequal_partitionings
from shelfstream.errors import Fault, Faults

CREATE = "shelfstream topics create"
APPLY = "shelfstream topics apply"
_PICTURES_KEPT_MS_MAX = FRAMES_HOURS_MAX * 3_600_000


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it is on the bus. ``cleanup`` are its policies; ``retention_ms`` is ``None`` where it has no end."""

    partitions: int
    cleanup: frozenset[str]
    retention_ms: int | None
    segment_ms: int
    largest_record_bytes: int
    log_append_time: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """What is other than it should be in one topic. ``stops``: with it records are lost, or pictures kept too long."""

    topic: str
    what: str
    command: str
    stops: bool = True

    @property
    def fault(self) -> Fault:
        """The difference as a person is told it."""
        return Fault(self.topic, f"{self.what}; mend it with: {self.command}" if self.command else self.what)


def differences(
    found: Mapping[str, TopicState], topics: Iterable[str], table: Mapping[str, TopicSpec]
) -> list[Difference]:
    """Everything that is other than the table says, in the table's order."""
    wanted = list(topics)
    told: list[Difference] = []
    for topic in wanted:
        if topic not in found:
            told.append(Difference(topic, "is not there", CREATE))
        else:
            told.extend(_of_topic(found[topic], table[topic]))
    counts = {topic: state.partitions for topic, state in found.items()}
    unequal = unequal_partitionings(counts, wanted, table)
    return [*told, *(Difference(fault.where, fault.what, "") for fault in unequal)]


def refuse(told: Sequence[Difference]) -> None:
    """Raise ``Faults`` where any of these is a reason not to run."""
    faults = [each.fault for each in told if each.stops]
    if faults:
        raise Faults("topics on the bus", faults)


def _of_topic(found: TopicState, spec: TopicSpec) -> Iterator[Difference]:
    policy = "compact" if spec.compacted else "delete"
    if found.cleanup != {policy}:
        lost = "older records of a key" if "compact" in found.cleanup else "records that were not written again"
        is_now = ",".join(sorted(found.cleanup))
        yield Difference(spec.name, f"has cleanup.policy {is_now} and loses {lost}; needs {policy}", APPLY)
    if found.largest_record_bytes < spec.largest_record_bytes:
        message = f"takes records of at most {found.largest_record_bytes} bytes; needs {spec.largest_record_bytes}"
        yield Difference(spec.name, message, APPLY)
    if spec.retention_ms is not None:
        yield from _retention(found, spec, spec.retention_ms)
    if spec.log_append_time and not found.log_append_time:
        message = "has its records' times from their senders' clocks; needs the broker's (LogAppendTime)"
        yield Difference(spec.name, message, APPLY, stops=spec.holds_pictures)


def _retention(found: TopicState, spec: TopicSpec, wanted_ms: int) -> Iterator[Difference]:
    kept_ms = None if found.retention_ms is None else found.retention_ms + found.segment_ms
    most_ms = _PICTURES_KEPT_MS_MAX + spec.segment_ms
    if spec.holds_pictures and (kept_ms is None or kept_ms > most_ms):
        limit = f"pictures are kept at most {FRAMES_HOURS_MAX} hours"
        parts = f"{kept(found.retention_ms)}, in segments of {kept(found.segment_ms)}"
        yield Difference(spec.name, f"keeps pictures for {parts}; {limit}", APPLY)
    elif found.retention_ms != wanted_ms:
        message = f"keeps records for {kept(found.retention_ms)}; the settings say {kept(wanted_ms)}"
        yield Difference(spec.name, message, APPLY, stops=False)


def kept(retention_ms: int | None) -> str:
    """A retention as people read it."""
    if retention_ms is None:
        return "ever"
    return str(timedelta(milliseconds=retention_ms)).removesuffix(", 0:00:00")
