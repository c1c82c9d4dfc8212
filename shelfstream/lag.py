"""Looks every few seconds how far a consumer group is behind."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import structlog

from shelfstream.bus.records import Partition
from shelfstream.bus.seam import Bus
from shelfstream.errors import Unavailable

_LOOK_EVERY_S = 5.0
_ENDS_WITHIN_S = 10.0
_log = structlog.get_logger(__name__)


class LagWatch:
    """Tells ``tell`` the lag of ``group`` on ``topics``, from a thread of its own while the context is open.

    The loop itself must not ask: a slow answer would count against its poll budget.
    """

    def __init__(
        self, bus: Bus, group: str, topics: Sequence[str], tell: Callable[[Mapping[Partition, int]], None]
    ) -> None:
        self._bus = bus
        self._group = group
        self._topics = tuple(topics)
        self._tell = tell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name=f"lag-{group}", daemon=True)

    def _look(self) -> None:
        admin = None
        while not self._stop.is_set():
            try:
                admin = admin or self._bus.admin()
                self._tell(admin.lag(self._group, self._topics))
            except Unavailable as exc:
                _log.debug("lag_unknown", group=self._group, detail=str(exc))
            self._stop.wait(_LOOK_EVERY_S)
        if admin is not None:
            admin.close()

    def __enter__(self) -> Self:
        if self._topics:
            self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        if self._topics:
            self._thread.join(_ENDS_WITHIN_S)
