"""Looks every few seconds how far a consumer group is behind."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence

import structlog

from shelfstream.background import Work
from shelfstream.bus.records import Partition
from shelfstream.bus.seam import Bus
from shelfstream.errors import Unavailable

_LOOK_EVERY_S = 5.0
_log = structlog.get_logger(__name__)


def lag_watch(
    bus: Bus,
    group: str,
    topics: Sequence[str],
    owned: Callable[[], Collection[Partition]],
    tell: Callable[[Mapping[Partition, int]], None],
) -> Work:
    """Tells ``tell`` the lag of ``group`` on ``topics`` again and again, of the partitions that are this member's.

    So the lags of all processes add up to that of the group, and the one that is stuck can be seen.

    The loop itself must not ask: a slow answer would count against its poll budget.
    """

    def look(stop: threading.Event) -> None:
        admin = None
        while not stop.is_set():
            try:
                admin = admin or bus.admin()
                behind, ours = admin.lag(group, topics), frozenset(owned())
                tell({partition: records for partition, records in behind.items() if partition in ours})
            except Unavailable as exc:
                _log.debug("lag_unknown", group=group, detail=str(exc))
            stop.wait(_LOOK_EVERY_S)
        if admin is not None:
            admin.close()

    return look
