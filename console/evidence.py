"""Links to pictures. What was found stays for days: it is asked for again only now and then."""

from collections import OrderedDict
from collections.abc import Callable

from analytics.contract import SlotLevel, SlotState, event_id_of
from analytics.pictures import Moment, evidence_id, plate_id
from shelfstream.clock import Clock

PICTURES = "pictures"
"""Where pictures are served, below the console's own address."""
_REMEMBERED = 4096
_BELIEVED_S = 60.0


def plate_url(frame_id: str) -> str:
    """Where a frame's picture is served."""
    return f"{PICTURES}/{plate_id(frame_id)}"


def out_event_of(level: SlotLevel) -> str | None:
    """Id of the event that began the slot's being out, if its level still tells."""
    told = [step for step in level.transitions if step.state is SlotState.OUT]
    return event_id_of(level.store, level.slot, told[-1].sequence) if told else None


class Evidence:
    """Finds the before and after crops of events. Not for several threads at once."""

    def __init__(self, exists: Callable[[str], bool], clock: Clock) -> None:
        self._exists = exists
        self._clock = clock
        self._believed_until_s: OrderedDict[str, float] = OrderedDict()

    def url(self, store: str, event_id: str, moment: Moment) -> str | None:
        """Where one crop is served, or ``None`` while it is not there. Raises ``Unavailable``."""
        picture, now_s = evidence_id(store, event_id, moment), self._clock.monotonic_s()
        if now_s >= self._believed_until_s.get(picture, now_s):
            self._believed_until_s.pop(picture, None)
            if not self._exists(picture):
                return None
            self._believed_until_s[picture] = now_s + _BELIEVED_S
            if len(self._believed_until_s) > _REMEMBERED:
                self._believed_until_s.popitem(last=False)
        return f"{PICTURES}/{picture}"
