"""What a partition of ``shelf.levels`` says, read from its start to past the reader's own claim: pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from analytics.contract import SlotLevel, UnknownReason
from analytics.draft import FRESH_HEADER
from analytics.plan import Plan
from analytics.planting import planted
from analytics.settings import AnalyticsSettings
from analytics.transitions import unknown
from shelfstream.bus.ownership import Fence, epoch_of, is_claim
from shelfstream.bus.records import Record
from shelfstream.errors import InvalidMessage

_DIGITS_MOST = 4
_BEAT_EVERY = 500
T = TypeVar("T")


@dataclass
class Found:
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


def fold(
    records: Iterable[Record], plan: Plan, settings: AnalyticsSettings, beat: Callable[[], None] = lambda: None
) -> Found:
    """The levels that a partition's records leave standing.

    A planned slot whose record cannot be read becomes UNKNOWN, with a sequence above all that it can have had.
    """
    found = Found()
    for key, record in beating(newest_records(beating(records, beat)).items(), beat):
        if record.value is None:
            continue
        try:
            level = SlotLevel.decode(record.value)
        except InvalidMessage:
            _give_up(found, key, record, plan, settings)
            continue
        place = (level.store, level.slot)
        found.levels[place] = level
        found.fresh[place] = min(_fresh(record), len(level.transitions))
    return found


def _give_up(found: Found, key: bytes, record: Record, plan: Plan, settings: AnalyticsSettings) -> None:
    store, _, name = key.decode(errors="replace").partition("/")
    slot = plan.slots.get(store, {}).get(name)
    if slot is None:
        return
    at = record.appended_at
    found.unreadable[store, name] = unknown(planted(slot, at, settings), UnknownReason.UNREADABLE, at, at, settings)


def _fresh(record: Record) -> int:
    raw = record.header(FRESH_HEADER)
    return int(raw) if raw is not None and raw.isdigit() and len(raw) <= _DIGITS_MOST else 0
