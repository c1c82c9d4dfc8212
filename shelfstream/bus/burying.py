"""Buries records that no retry can mend: the loop's side that faces the dead letters."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing

import structlog

from shelfstream.bus.dead_letters import DeadLetterBudget, Failure, age_of_letter, dead_letter
from shelfstream.bus.loop_settings import LoopSettings
from shelfstream.bus.records import Message, Partition
from shelfstream.bus.seam import Bus, Reader
from shelfstream.bus.topics import DEAD_SUFFIX
from shelfstream.clock import Clock

_log = structlog.get_logger(__name__)


class Burying:
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
