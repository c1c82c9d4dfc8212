"""Which picture of a camera to show: the newest frame whose plate the keeper has kept by now, and still keeps."""

from collections import deque
from collections.abc import Callable

from analytics.pictures import plate_id
from detector.contract import FrameFacings

_WAITING_MAX = 8


class Plates:
    """Remembers per camera which frame is shown, and the few newer ones whose picture is not there yet.

    Detector and keeper read frames side by side, so that either may be first. Not for several threads at once.
    """

    def __init__(self, exists: Callable[[str], bool]) -> None:
        self._exists = exists
        self._shown: dict[tuple[str, str], FrameFacings] = {}
        self._waiting: dict[tuple[str, str], deque[FrameFacings]] = {}

    def newest(self, seen: FrameFacings) -> FrameFacings | None:
        """Take up what was seen last; returns what was seen in the newest frame that can be shown, never an older one.

        A plate is not kept for long: when the camera sends no more, there is nothing to show after a while.
        Raises ``Unavailable`` when the picture store is away.
        """
        key = (seen.store, seen.camera)
        shown = self._shown.get(key)
        waiting = self._waiting.setdefault(key, deque(maxlen=_WAITING_MAX))
        if (shown is None or seen.order > shown.order) and (not waiting or seen.order > waiting[-1].order):
            waiting.append(seen)
        for frame in reversed(waiting):
            if self._exists(plate_id(frame.frame_id)):
                self._shown[key] = frame
                while waiting and waiting[0].order <= frame.order:
                    waiting.popleft()
                return frame
        return shown if shown is not None and self._exists(plate_id(shown.frame_id)) else None
