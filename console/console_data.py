"""What pages and API ask: every question and every answer goes through here, shared by all who look."""

from dataclasses import dataclass
from datetime import datetime

from alerts.model import InboxAlert
from analytics.history.oos import OosInterval
from console.answering import Answering, is_booked
from console.build_views import alerts_now
from console.read_models import Cached, InboxWatch, StoreWatch
from console.reading import CatalogueSource, History, Inbox, Live, PictureSource, stores_of
from console.settings import ConsoleSettings
from console.setup.desk import CatalogueDesk
from console.setup.eyes import Eyes
from console.view_models import AlertNow, InboxNow, StoreNow
from detector.train.label_folder import TeachingFolder
from shelfstream.answers import Answer, AnswerKind
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.clock import Clock
from shelfstream.errors import ShelfstreamError

ALL_STORES = ""


class NotFound(ShelfstreamError):
    """What was asked for is not there."""


class Closed(ShelfstreamError):
    """The alert is closed: there is nothing left to answer."""


@dataclass(frozen=True)
class ConsoleSources:
    """Everything that the console reads, and the way for answers."""

    live: Live
    inbox: Inbox
    history: History
    pictures: PictureSource
    catalogue: CatalogueSource
    answering: Answering
    eyes: Eyes
    desk: CatalogueDesk | None = None
    """Where changes are written; without it pages show what to write."""
    teaching: TeachingFolder | None = None
    """Pictures that people label; without it there is no page for it."""


class ConsoleData:
    """Any thread may use it. What is shown is read at most once per ``refresh_s`` and store."""

    def __init__(self, sources: ConsoleSources, settings: ConsoleSettings, clock: Clock) -> None:
        self._sources = sources
        self.settings = settings
        self.clock = clock
        self._store_watches: dict[str, StoreWatch] = {}
        self._inbox_watches: dict[str, InboxWatch] = {}
        self._stores = Cached(self._look_at_store, settings.refresh_s, clock)
        self._inboxes = Cached(self._look_at_inbox, settings.refresh_s, clock)

    @property
    def pictures(self) -> PictureSource:
        """The picture store."""
        return self._sources.pictures

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue as it holds now."""
        return self._sources.catalogue.snapshot.catalogue

    @property
    def eyes(self) -> Eyes:
        """What looks at photographs that are sent here."""
        return self._sources.eyes

    @property
    def desk(self) -> CatalogueDesk | None:
        """Where changes that are made on pages are written."""
        return self._sources.desk

    @property
    def teaching(self) -> TeachingFolder | None:
        """Pictures that people label, so that the model learns the store's shelves."""
        return self._sources.teaching

    def stores(self) -> dict[str, str]:
        """Names of all stores by id, in order of the names."""
        stores = self._sources.catalogue.snapshot.catalogue.stores
        return {store: stores[store].name for store in stores_of(self._sources.catalogue.snapshot)}

    def store_now(self, store: str) -> StoreNow:
        """A store as it is known now. Raises ``NotFound``; what cannot be read is told in its ``troubles``."""
        self._check_store(store)
        return self._stores.get(store)

    def inbox(self, store: str = ALL_STORES) -> InboxNow:
        """The alert inbox of one store, or of all. What cannot be read is told in its ``troubles``."""
        if store != ALL_STORES:
            self._check_store(store)
        return self._inboxes.get(store)

    def alert(self, alert_id: str) -> InboxAlert:
        """One alert as the ledger has it. Raises ``NotFound``, ``Unavailable``."""
        alert = self._sources.inbox.by_id(alert_id)
        if alert is None:
            raise NotFound(f"there is no alert {alert_id!r}")
        return alert

    def open_alert(self, alert_id: str) -> AlertNow | None:
        """An alert as its card shows it; ``None`` where it is closed. Raises ``NotFound``, ``Unavailable``."""
        alert = self.alert(alert_id)
        if not alert.is_open:
            return None
        waiting = self._inboxes.get(ALL_STORES).waiting
        return next((shown for shown in waiting if shown.alert.alert_id == alert_id), None) or self._bare(alert)

    def _bare(self, alert: InboxAlert) -> AlertNow:
        """One that was raised since the inbox was last read, without its pictures."""
        (shown,) = alerts_now(self.catalogue, [alert], {}, lambda _: (None, None))
        return shown

    def answer(self, alert_id: str, kind: AnswerKind, by: str = "") -> Answer | None:
        """Send an answer; ``None`` where the ledger has this very answer already.

        Raises ``NotFound``, ``Closed``, ``Unavailable``.
        """
        alert = self.alert(alert_id)
        if alert.answer == kind.value or (alert.is_open and is_booked(alert, kind.value)):
            return None
        if not alert.is_open:
            raise Closed("the alert is closed already: the shelf was seen filled, or somebody answered before")
        answer = self._sources.answering.answer(alert, kind, by)
        self._inboxes.expire()
        return answer

    def oos(self, store: str, start: datetime, stop: datetime) -> list[OosInterval]:
        """Stretches out of stock within a time, oldest first. Raises ``NotFound``, ``Unavailable``."""
        self._check_store(store)
        return self._sources.history.oos(store, start, stop, self.clock.now())

    def _check_store(self, store: str) -> None:
        if store not in self._sources.catalogue.snapshot.catalogue.stores:
            raise NotFound(f"there is no store {store!r} in the catalogue")

    def _look_at_store(self, store: str) -> StoreNow:
        watch = self._store_watches.get(store)
        if watch is None:
            sources = self._sources
            watch = StoreWatch(
                store,
                live=sources.live,
                pictures=sources.pictures,
                catalogue=sources.catalogue,
                settings=self.settings,
                clock=self.clock,
            )
            self._store_watches[store] = watch
        return watch.read()

    def _look_at_inbox(self, store: str) -> InboxNow:
        watch = self._inbox_watches.get(store)
        if watch is None:
            sources = self._sources
            watch = InboxWatch(
                store or None,
                sources.inbox,
                sources.pictures,
                sources.catalogue,
                sources.answering,
                clock=self.clock,
                closed_shown=self.settings.cleared_shown,
            )
            self._inbox_watches[store] = watch
        return watch.read()
