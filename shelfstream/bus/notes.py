"""The note that a group keeps beside each committed offset: it survives crashes and moves with the partition.

``open`` says that somebody was at work: a partition found open when it is given out was left by a crash (or by
a process that lost it), so its next records are handled one by one. ``attempt_offset`` and ``attempts`` mark a
record that is about to be handled alone, the try that begins included; a try that ends without the process takes its
mark back. ``fence`` is the newest owner epoch that the group has met there.
"""

import json
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Note:
    """What a group remembers about one partition."""

    open: bool = False
    attempt_offset: int = -1
    attempts: int = 0
    fence: int = -1

    def attempts_at(self, offset: int) -> int:
        """How often the record at ``offset`` was begun alone and not finished."""
        return self.attempts if self.attempt_offset == offset else 0

    def encode(self) -> str:
        """A short text (Kafka keeps at most 4 KiB of it)."""
        held = {"o": int(self.open), "a": [self.attempt_offset, self.attempts], "f": self.fence}
        return json.dumps(held, separators=(",", ":"))

    @classmethod
    def decode(cls, text: str) -> Self:
        """Parse a note; one that is not ours (or no longer readable) counts as left open."""
        try:
            held = json.loads(text)
            offset, attempts = held["a"]
            return cls(bool(held["o"]), int(offset), int(attempts), int(held["f"]))
        except (ValueError, TypeError, KeyError):
            return cls(open=True)
