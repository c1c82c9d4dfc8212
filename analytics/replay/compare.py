"""Two runs over the same time: which stretches of a slot's states both have, and which only one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from analytics.contract import SlotState, StockEvent


class Lasting(Protocol):
    """Something that a run says of a time: what (``subject``), from when, until when (``None``: to the end)."""

    @property
    def subject(self) -> object: ...

    @property
    def began_at(self) -> datetime: ...

    @property
    def ended_at(self) -> datetime | None: ...


AnyLasting = TypeVar("AnyLasting", bound=Lasting)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A slot in one state: decided at ``decided_at``, until the next change (``None``: still so at the end)."""

    decided_at: datetime
    slot: str
    gtin: str
    state: SlotState
    onset_earliest: datetime
    onset_latest: datetime
    ended_at: datetime | None
    confidence: float

    @property
    def subject(self) -> tuple[str, str, SlotState]:
        """What it says, but for when."""
        return self.slot, self.gtin, self.state

    @property
    def began_at(self) -> datetime:
        """When it was decided."""
        return self.decided_at


@dataclass(frozen=True)
class Differences(Generic[AnyLasting]):
    """What both runs say, by pairs, and what the second alone says (gained) and the first alone (lost)."""

    kept: tuple[tuple[AnyLasting, AnyLasting], ...]
    gained: tuple[AnyLasting, ...]
    lost: tuple[AnyLasting, ...]

    @property
    def later_s(self) -> list[float]:
        """Of each pair: how much later the second run said it; negative where sooner."""
        return [(second.began_at - first.began_at).total_seconds() for first, second in self.kept]


def stretches(events: Iterable[StockEvent], start: datetime, stop: datetime) -> list[Stretch]:
    """What a run's events say of ``start <= t < stop``, in order: what was decided before is not among it."""
    changes: dict[str, list[StockEvent]] = {}
    for event in events:
        changes.setdefault(event.slot, []).append(event)
    found = [
        _stretch(event, later.transition.decided_at if later is not None else None)
        for each in changes.values()
        for event, later in zip(each, [*each[1:], None], strict=True)
        if start <= event.transition.decided_at < stop
    ]
    return sorted(found, key=in_time)


def in_time(each: Lasting) -> tuple[datetime, str]:
    """In order of beginnings; what begins at the same moment by what it is about."""
    return each.began_at, str(each.subject)


def differences(first: Sequence[AnyLasting], second: Sequence[AnyLasting]) -> Differences[AnyLasting]:
    """Pair what has one subject and goes on at the same time, the earliest with the earliest; each once.

    Both are in the order of their beginnings, and what is gained and lost is, too.
    """
    waiting: dict[object, list[AnyLasting]] = {}
    for each in second:
        waiting.setdefault(each.subject, []).append(each)
    kept: list[tuple[AnyLasting, AnyLasting]] = []
    lost: list[AnyLasting] = []
    for each in first:
        beside = waiting.get(each.subject, [])
        other = next((one for one in beside if _overlap(each, one)), None)
        if other is None:
            lost.append(each)
        else:
            beside.remove(other)
            kept.append((each, other))
    left = {id(one) for beside in waiting.values() for one in beside}
    return Differences(tuple(kept), tuple(each for each in second if id(each) in left), tuple(lost))


def _overlap(one: Lasting, other: Lasting) -> bool:
    return _before(one.began_at, other.ended_at) and _before(other.began_at, one.ended_at)


def _stretch(event: StockEvent, ended_at: datetime | None) -> Stretch:
    made = event.transition
    return Stretch(
        decided_at=made.decided_at,
        slot=event.slot,
        gtin=made.gtin,
        state=made.state,
        onset_earliest=made.onset.earliest,
        onset_latest=made.onset.latest,
        ended_at=ended_at,
        confidence=made.confidence,
    )


def _before(moment: datetime, end: datetime | None) -> bool:
    return end is None or moment < end
