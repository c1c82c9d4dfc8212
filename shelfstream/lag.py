"""Looks every few seconds how far a consumer group is behind."""

import threading
from collections.abc import Callable, Mapping, Sequence

import structlog

from shelfstream.background import Work
from shelfstream.bus.records import Partition
from shelfstream.bus.seam import Bus
from shelfstream.errors import Unavailable

_LOOK_EVERY_S = 5.0
_log = structlog.get_logger(__name__)


def lag_watch(bus: Bus, group: str, topics: Sequence[str], tell: Callable[[Mapping[Partition, int]], None]) -> Work:
    """Tells ``tell`` the lag of ``group`` on ``topics`` again and again.

    The loop itself must not ask: a slow answer would count against its poll budget.
    """

    def look(stop: threading.Event) -> None:
        admin = None
        while not stop.is_set():
            try:
                admin = admin or bus.admin()
                tell(admin.lag(group, topics))
            except Unavailable as exc:
                _log.debug("lag_unknown", group=group, detail=str(exc))
            stop.wait(_LOOK_EVERY_S)
        if admin is not None:
            admin.close()

    return look
