"""One frame of one bay, as the rules take it in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.contract import SeenFrame, SlotLevel, Versions


@dataclass(frozen=True, slots=True)
class BayFrame:
    """One frame of one bay: which it is, and what it is judged by.

    ``planned`` holds the facings of each slot, ``need`` how many it must have; ``moved``: the camera no longer hangs as
    it was calibrated.
    """

    camera: str
    epoch: int
    sequence: int
    received_at: datetime
    frame_id: str
    versions: Versions
    planned: Sequence[int]
    need: Sequence[int]
    moved: bool = False

    def is_newer_than(self, seen: SeenFrame | None) -> bool:
        """Whether the camera's last frame that a slot has taken in is an earlier one."""
        return seen is None or (self.epoch, self.sequence) > (seen.epoch, seen.sequence)

    def taken(self) -> SeenFrame:
        """What a slot remembers of it that was to be seen in it."""
        return self._remembered(self.received_at, dark=False)

    def missed(self, before: SeenFrame | None, *, dark: bool) -> SeenFrame:
        """What a slot remembers of it that was not: when the camera showed it last stays."""
        return self._remembered(None if before is None else before.looked_at, dark=dark)

    def _remembered(self, looked_at: datetime | None, *, dark: bool) -> SeenFrame:
        return SeenFrame(
            epoch=self.epoch,
            sequence=self.sequence,
            received_at=self.received_at,
            dark=dark,
            moved=self.moved,
            looked_at=looked_at,
        )

    def reported(self, level: SlotLevel, taken: SeenFrame) -> dict[str, object]:
        """What it changes in a level whether or not the slot is to be seen in it."""
        seen = {**level.seen, self.camera: taken}
        return {"revision": level.revision + 1, "seen": seen, "updated_at": self.received_at}

    def last_seen(self, level: SlotLevel) -> datetime:
        """When a slot that it shows was last seen: another camera's frame may come late. But a camera whose clock was
        set back says what is.
        """
        last, before = level.last_seen_at, level.seen.get(self.camera)
        set_back = before is not None and self.received_at < before.received_at
        return self.received_at if last is None or set_back else max(last, self.received_at)
