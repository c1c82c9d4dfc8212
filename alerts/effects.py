"""What a batch does to the ledger: one write per slot that it touched."""

from dataclasses import dataclass
from enum import StrEnum

from alerts.fold import SlotFold, Step


class Telling(StrEnum):
    """What a message tells."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class SlotWrite:
    """A slot's new fold and the steps that led to it. It holds only if the ledger has revision ``expected``."""

    expected: int
    fold: SlotFold
    steps: tuple[Step, ...]
