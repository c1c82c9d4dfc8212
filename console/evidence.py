"""Links to pictures. What is there stays there, so it is asked for only until it is found."""

from collections import OrderedDict
from collections.abc import Callable

from analytics.contract import SlotLevel, SlotState, event_id_of
from analytics.pictures import Moment, evidence_id, plate_id

PICTURES = "/pictures"
_REMEMBERED = 4096


def plate_url(frame_id: str) -> str:
    """Where a frame's picture is served."""
    return f"{PICTURES}/{plate_id(frame_id)}"


def out_event_of(level: SlotLevel) -> str | None:
    """Id of the event that began the slot's being out, if its level still tells."""
    told = [step for step in level.transitions if step.state is SlotState.OUT]
    return event_id_of(level.store, level.slot, told[-1].sequence) if told else None


class Evidence:
    """Finds the before and after crops of events. Not for several threads at once."""

    def __init__(self, exists: Callable[[str], bool]) -> None:
        self._exists = exists
        self._found: OrderedDict[str, None] = OrderedDict()

    def url(self, store: str, event_id: str, moment: Moment) -> str | None:
        """Where one crop is served, or ``None`` while it is not there. Raises ``Unavailable``."""
        picture = evidence_id(store, event_id, moment)
        if picture not in self._found:
            if not self._exists(picture):
                return None
            self._found[picture] = None
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        return f"{PICTURES}/{picture}"
