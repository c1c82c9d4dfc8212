"""The errors that cross a module's border, in one small tree.

    ShelfstreamError
    ├── InvalidMessage    a record that no retry can mend: dead letter
    ├── Unavailable       an outside thing is away: pause, rewind, retry
    ├── PartitionLost     the group gave a partition to another member: drop the batch
    ├── StageStopped      the loop stops on purpose and says why (over the dead-letter budget, fenced, …)
    └── Faults            one or more faults in what a person wrote (settings, catalogue): all told at once

Foreign errors (a client library's, the operating system's) are translated into these at the one
module that talks to the foreign thing, with ``from exc``. Everything that is not in this tree is a bug:
it ends the process.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ShelfstreamError(Exception):
    """Root of the tree; never raised itself."""


class InvalidMessage(ShelfstreamError):
    """A record whose bytes are wrong and will stay wrong.

    ``reason`` is a sentence for the operator who reads the dead letter.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(ShelfstreamError):
    """Something outside is away; the same work may succeed after ``retry_after_s`` seconds."""

    def __init__(self, what: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(what)
        self.what = what
        self.retry_after_s = retry_after_s


class StageStopped(ShelfstreamError):
    """The stage gives up on purpose; the message tells the operator why and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault in something that a person wrote: where it stands and what is wrong with it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Faults(ShelfstreamError):
    """Every fault found in one reading, so that a person mends them in one go."""

    def __init__(self, subject: str, faults: Sequence[Fault]) -> None:
        self.subject = subject
        self.faults = tuple(faults)
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"{subject}: {count}\n{lines}")


class PartitionLost(ShelfstreamError):
    """The group has given a partition to somebody else: drop the batch and its state, commit nothing."""
