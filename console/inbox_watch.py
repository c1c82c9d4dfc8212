"""Reads the alert inbox again and again, and keeps what was known last for when SQL is away."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from alerts.inbox import InboxAlert
from console.answering import Answering
from console.evidence import Evidence
from console.reading import CatalogueSource, Inbox, Pictures
from console.views import AlertNow, InboxNow
from console.worklist import alerts_now, in_walking_order
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable


@dataclass(frozen=True, slots=True)
class _Read:
    waiting: list[InboxAlert] = field(default_factory=list)
    closed: list[InboxAlert] = field(default_factory=list)


class InboxWatch:
    """The inbox of one store, or of all where ``store`` is ``None``. Not for several threads at once."""

    def __init__(
        self,
        store: str | None,
        inbox: Inbox,
        pictures: Pictures,
        catalogue: CatalogueSource,
        answering: Answering,
        *,
        clock: Clock,
        closed_shown: int,
    ) -> None:
        self._store = store
        self._inbox = inbox
        self._catalogue = catalogue
        self._answering = answering
        self._closed_shown = closed_shown
        self._evidence = Evidence(pictures.exists, clock)
        self._read = _Read()

    def look(self) -> InboxNow:
        """The inbox as it is known now; what cannot be read is told in ``troubles``."""
        troubles: tuple[str, ...] = ()
        try:
            self._read = self._read_ledger()
        except Unavailable as away:
            troubles = (f"The alert ledger cannot be read; this is what was known last. ({away.what})",)
        now = InboxNow(in_walking_order(self._joined(self._read.waiting)), self._joined(self._read.closed))
        return replace(now, troubles=troubles)

    def _read_ledger(self) -> _Read:
        waiting = self._inbox.open(self._store)
        recent = self._inbox.recent(self._store, self._closed_shown + len(waiting))
        closed = [alert for alert in recent if not alert.is_open]
        return _Read(waiting, closed[: self._closed_shown])

    def _joined(self, alerts: Iterable[InboxAlert]) -> tuple[AlertNow, ...]:
        listed = list(alerts)
        on_their_way = self._answering.on_their_way(listed)
        return alerts_now(self._catalogue.snapshot.catalogue, listed, on_their_way, self._evidence_of)

    def _evidence_of(self, alert: InboxAlert) -> tuple[str | None, str | None]:
        try:
            return (
                self._evidence.url(alert.store, alert.event_id, "before"),
                self._evidence.url(alert.store, alert.event_id, "after"),
            )
        except Unavailable:
            return None, None
