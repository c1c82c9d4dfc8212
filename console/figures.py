"""The figures at the head of a store's page."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from analytics.contract import AVAILABLE, SlotState
from console.shelf import SlotNow


@dataclass(frozen=True, slots=True)
class Figures:
    """How many slots are in which state. What is unknown counts neither as available nor as missing."""

    stocked: int = 0
    low: int = 0
    out: int = 0
    misplaced: int = 0
    unknown: int = 0

    @classmethod
    def of(cls, slots: Iterable[SlotNow]) -> "Figures":
        """Count slots."""
        counts = Counter(slot.state for slot in slots)
        return cls(
            stocked=counts[SlotState.STOCKED],
            low=counts[SlotState.LOW],
            out=counts[SlotState.OUT],
            misplaced=counts[SlotState.MISPLACED],
            unknown=counts[SlotState.UNKNOWN],
        )

    @property
    def planned(self) -> int:
        """All slots."""
        return self.known + self.unknown

    @property
    def known(self) -> int:
        """Slots that are seen well enough to say something."""
        return self.stocked + self.low + self.out + self.misplaced

    @property
    def on_shelf_availability(self) -> float | None:
        """Share of the *known* slots in a state of ``AVAILABLE``; ``None`` where none is known."""
        return sum(self.count(state) for state in AVAILABLE) / self.known if self.known else None

    def count(self, state: SlotState) -> int:
        """How many are in one state."""
        counts: dict[SlotState, int] = {
            SlotState.STOCKED: self.stocked,
            SlotState.LOW: self.low,
            SlotState.OUT: self.out,
            SlotState.MISPLACED: self.misplaced,
            SlotState.UNKNOWN: self.unknown,
        }
        return counts[state]
