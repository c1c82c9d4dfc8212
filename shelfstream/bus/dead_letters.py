"""Dead letters: records that no retry can mend, kept whole with the reason, within a budget.

Buries records that no retry can mend: the loop's side that faces the dead letters.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from shelfstream.bus.api import Bus, Headers, Message, Partition, Reader, Record
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.topics import DEAD_SUFFIX
from shelfstream.clock import Clock
from shelfstream.errors import StageStopped

_log = structlog.get_logger(__name__)

REASON = "dead.reason"
ERROR = "dead.error"
ORIGIN = "dead.origin"
GROUP = "dead.group"
ATTEMPTS = "dead.attempts"
AT = "dead.at"
ORIGINAL_KEY = "dead.key"
WITHOUT_VALUE = "dead.without_value"
PREFIX = "dead."
_REASON_BYTES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that no retry can mend, and why. ``error`` is the error's class, ``attempts`` how often it was tried."""

    record: Record
    reason: str
    error: str
    attempts: int = 1


def dead_letter(failure: Failure, group: str, at: datetime) -> Message:
    """The record's original value and headers under ``T.dead``, with what an operator needs to know.

    The key stands there as text; its original bytes, which need not be text, in the header ``dead.key``.
    """
    record = failure.record
    headers: Headers = (
        (REASON, failure.reason.encode(errors="replace")[:_REASON_BYTES_MAX]),
        (ERROR, failure.error.encode()),
        (ORIGIN, str(record).encode()),
        (GROUP, group.encode()),
        (ATTEMPTS, str(failure.attempts).encode()),
        (AT, at.isoformat().encode()),
    )
    kept = tuple((name, value) for name, value in record.headers if not name.startswith(PREFIX))
    if record.key is not None:
        headers += ((ORIGINAL_KEY, record.key),)
    key = (record.key or b"").decode(errors="replace")
    topic = record.partition.topic
    return Message(topic + DEAD_SUFFIX, key, record.value, kept + headers, record.partition.index)


def without_value(letter: Message, why: str) -> Message:
    """The letter as a bus takes it that refused the whole one, with the refusal in the header ``dead.without_value``.

    The original is still where ``dead.origin`` says, for as long as its topic keeps it.
    """
    kept = tuple((name, value) for name, value in letter.headers if name.startswith(PREFIX))
    return replace(
        letter, value=b"", headers=(*kept, (WITHOUT_VALUE, why.encode(errors="replace")[:_REASON_BYTES_MAX]))
    )


def age_of_letter(letter: Record, group: str, now: datetime) -> float | None:
    """How many seconds ago ``group`` buried this; ``None`` for another group's letter, or none of ours at all."""
    if letter.header(GROUP) != group.encode():
        return None
    try:
        return (now - datetime.fromisoformat((letter.header(AT) or b"").decode())).total_seconds()
    except (ValueError, TypeError):
        return None


class DeadLetterBudget:
    """At most ``most`` dead letters within ``window_s``; more means that something is wrong with the sender or us."""

    def __init__(self, most: int, window_s: float) -> None:
        self._most = most
        self._window_s = window_s
        self._spent_at_s: deque[float] = deque()

    def recall(self, ages_s: Iterable[float], now_s: float) -> None:
        """Book dead letters that others buried before: ``ages_s`` ago, as of monotonic time ``now_s``."""
        earlier = (now_s - max(0.0, age_s) for age_s in ages_s)
        self._spent_at_s = deque(sorted((*self._spent_at_s, *earlier)))

    def spend(self, count: int, now_s: float, newest_reason: str) -> None:
        """Book ``count`` dead letters at monotonic time ``now_s``.

        Raises ``StageStopped`` when that is over the budget; they must then not be sent.
        """
        while self._spent_at_s and self._spent_at_s[0] <= now_s - self._window_s:
            self._spent_at_s.popleft()
        if len(self._spent_at_s) + count > self._most:
            raise StageStopped(
                f"more than {self._most} dead letters within {self._window_s:g} s; the newest: {newest_reason}. "
                "Nothing of the last batch was taken: mend the sender, or raise the budget, and start again"
            )
        self._spent_at_s.extend([now_s] * count)


class DeadLetterWriter:
    """Makes dead letters within the budget.

    What was buried before this process had the partitions counts too, or every restart would have a budget of its own.
    It is looked up at the first failure, not at the start: most processes never have one.
    """

    def __init__(self, group: str, bus: Bus, settings: LoopSettings, clock: Clock) -> None:
        self._group = group
        self._bus = bus
        self._clock = clock
        self._most = settings.dead_letters_max
        self._budget = DeadLetterBudget(settings.dead_letters_max, settings.dead_letters_window_s)
        self._recalled: set[Partition] = set()

    def letters(self, failures: Sequence[Failure], owned: Collection[Partition]) -> tuple[Message, ...]:
        """Dead letters for failures, booked on the budget of the partitions that are ours.

        Raises ``StageStopped`` when that is spent, ``Unavailable`` when it cannot be looked up.
        """
        if not failures:
            return ()
        self._recall([partition for partition in owned if partition not in self._recalled])
        self._budget.spend(len(failures), self._clock.monotonic_s(), failures[-1].reason)
        for failure in failures:
            _log.error(
                "dead_letter",
                origin=str(failure.record),
                reason=failure.reason,
                error=failure.error,
                group=self._group,
            )
        return tuple(dead_letter(failure, self._group, self._clock.now()) for failure in failures)

    def _recall(self, partitions: Collection[Partition]) -> None:
        if not partitions:
            return
        with closing(self._bus.reader()) as reader:
            for partition in partitions:
                dead = Partition(partition.topic + DEAD_SUFFIX, partition.index)
                self._budget.recall(list(self._ages_s(reader, dead)), self._clock.monotonic_s())
                self._recalled.add(partition)

    def _ages_s(self, reader: Reader, dead: Partition) -> Iterator[float]:
        """Ages of our newest letters in one partition; of more than the budget holds nothing need be known."""
        first, end = reader.bounds(dead)
        for letter in reader.read(dead, max(first, end - self._most), end):
            age_s = age_of_letter(letter, self._group, self._clock.now())
            if age_s is not None:
                yield age_s
