"""What the loop tells about itself while it runs: metrics listen here, and so do crash tests."""

from enum import StrEnum
from typing import Protocol


class Step(StrEnum):
    """Points of the loop, each reached after the step of that name is done."""

    POLLED = "polled"
    ATTEMPT_MARKED = "attempt_marked"
    DECODED = "decoded"
    HANDLED = "handled"
    WAVE_SENT = "wave_sent"
    WAVE_ACKNOWLEDGED = "wave_acknowledged"
    APPLIED = "applied"
    ADOPTED = "adopted"
    PROJECTED = "projected"
    COMMITTED = "committed"


class Tally(StrEnum):
    """Things that the loop counts."""

    RECORDS = "records"
    BATCHES = "batches"
    SKIPPED = "skipped"
    FENCED = "fenced"
    DEAD_LETTERS = "dead_letters"
    UNAVAILABLE = "unavailable"
    PARTITIONS_LOST = "partitions_lost"
    COMMITS_FAILED = "commits_failed"


class LoopObserver(Protocol):
    """Told of every step and count, from the loop's own thread."""

    def at(self, step: Step) -> None: ...

    def count(self, what: Tally, by: int = 1) -> None: ...


class NullObserver:
    """Nobody looks."""

    def at(self, step: Step) -> None:
        """Do nothing."""

    def count(self, what: Tally, by: int = 1) -> None:
        """Do nothing."""
