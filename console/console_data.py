"""What pages and API ask: every question and every answer goes through here, shared by all who look."""

from collections.abc import Callable
from copy import copy

from alerts.model import InboxAlert
from console.access.roles import ANYBODY, May, Visitor
from console.access.seen import SeenCatalogue, SeenPictures, Views
from console.answering import is_booked
from console.health.machine import MachineNow, Operating
from console.html.markup import Rendered
from console.past import Past
from console.read_models import Cached, InboxWatch, StoreWatch
from console.reading import PictureSource, stores_of
from console.settings import ConsoleSettings
from console.setup.desk import CatalogueDesk
from console.setup.eyes import Eyes
from console.sources import Closed, ConsoleSources, News, NotAllowed, NotFound, OpenNow, check_store
from console.views.build import alerts_now, joint_inbox
from console.views.models import AlertNow, InboxNow, StoreNow
from detector.train.label_folder import TeachingFolder
from shelfstream.answers import Answer, AnswerKind
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable

ALL_STORES = ""
LOOK_EVERY_S = 0.15
"""How often open pages look whether there is anything new; as often as that they are told."""
_SELDOM = 5
_MACHINE_EVERY_S = 5.0


class ConsoleData:
    """Any thread may use it. What is shown is read at most once per ``refresh_s`` and store.

    Everything that pages and API show comes from ``seen_by`` a visitor: to it the stores that it may not see are not
    there, in any list, picture or catalogue, and what its role may not do is refused.
    """

    def __init__(self, sources: ConsoleSources, settings: ConsoleSettings, clock: Clock) -> None:
        self._sources = sources
        self.settings = settings
        self.clock = clock
        self.visitor = ANYBODY
        self._is_still: Callable[[Visitor], bool] | None = None
        self._views = Views()
        self._store_watches: dict[str, StoreWatch] = {}
        self._inbox_watches: dict[str, InboxWatch] = {}
        self.rendered = Rendered()
        self._news: News | None = None
        self._stores = Cached(self._look_at_store, self._keep_stores_s, clock)
        self._inboxes = Cached(self._look_at_inbox, settings.refresh_s, clock)
        self._opens = Cached(self._count_open, settings.refresh_s, clock)
        self._machines = Cached(self._look_at_machine, _MACHINE_EVERY_S, clock)
        self._joint_inboxes = Cached(self._join_inboxes, settings.refresh_s, clock)

    def seen_by(self, visitor: Visitor) -> "ConsoleData":
        """The same as a visitor sees it."""
        seen = copy(self)
        seen.visitor = visitor
        return seen

    def ended_by(self, is_still: Callable[[Visitor], bool]) -> "ConsoleData":
        """The same, of which open pages end once their visitor is not who it was any more."""
        ended = copy(self)
        ended._is_still = is_still  # noqa: SLF001 - of this very class
        return ended

    def is_still_seen(self) -> bool:
        """Whether the visitor of an open page may go on looking; while that cannot be found out, it may."""
        try:
            return self._is_still is None or self._is_still(self.visitor)
        except Unavailable:
            return True

    def check_may(self, what: May) -> None:
        """Raise ``NotAllowed`` where the visitor may not do something."""
        if not self.visitor.may(what):
            raise NotAllowed(f"your account may not {what.value}")

    @property
    def pictures(self) -> PictureSource:
        """The pictures that the visitor may see."""
        if self.visitor.stores is None:
            return self._sources.pictures
        return SeenPictures(self._sources.pictures, self._view())

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue as it holds now."""
        return self._view().catalogue

    def _view(self) -> SeenCatalogue:
        return self._views.of(self._sources.catalogue.snapshot.catalogue, self.visitor.stores)

    @property
    def eyes(self) -> Eyes:
        """What looks at photographs that are sent here."""
        return self._sources.eyes

    @property
    def desk(self) -> CatalogueDesk | None:
        """Where changes that are made on pages are written, by those who may make some."""
        return self._sources.desk if self.visitor.may(May.SET_UP) else None

    @property
    def teaching(self) -> TeachingFolder | None:
        """Pictures that people label. They are of any store, so they are there for who sees all."""
        sees_all = len(self.stores()) == len(self._sources.catalogue.snapshot.catalogue.stores)
        return self._sources.teaching if self.visitor.may(May.TEACH) and sees_all else None

    def stores(self) -> dict[str, str]:
        """Names of the visitor's stores by id, in order of the names."""
        stores = self._sources.catalogue.snapshot.catalogue.stores
        seen = self.visitor.seen(stores_of(self._sources.catalogue.snapshot))
        return {store: stores[store].name for store in seen}

    def store_now(self, store: str) -> StoreNow:
        """A store as it is known now. Raises ``NotFound``; what cannot be read is told in its ``troubles``."""
        self._check_store(store)
        return self._stores.get(store)

    def store_kept(self, store: str) -> StoreNow | None:
        """The same where that is known freshly enough, without asking anybody; else ``None``. Raises ``NotFound``."""
        self._check_store(store)
        return self._stores.peek(store)

    def changed(self, store: str) -> None:
        """Live data of a store were written: they are read again when next asked for, but not more often than pages
        look. Any thread may say so.
        """
        self._stores.hurry(store, LOOK_EVERY_S)

    def heard_by(self, news: News) -> None:
        """From now on changes are told while ``news`` are listened to: what is kept is looked at again more seldom."""
        self._news = news

    def _keep_stores_s(self) -> float:
        listening = self._news is not None and self._news.listening
        return self.settings.refresh_s * (_SELDOM if listening else 1)

    def inbox(self, store: str = ALL_STORES) -> InboxNow:
        """The alert inbox of one store, or of all that the visitor sees; troubles are in it. Raises ``NotFound``."""
        if store != ALL_STORES:
            self._check_store(store)
        elif self.visitor.stores is not None:
            return self._joint_inboxes.get(frozenset(self.stores()))
        return self._inboxes.get(store)

    def open_now(self) -> OpenNow:
        """How many alerts are open in the stores that the visitor sees; asked anew once a second at most."""
        return self._opens.get(self.visitor.stores)

    def _count_open(self, stores: frozenset[str] | None) -> OpenNow:
        try:
            count = self._sources.inbox.count(stores)
        except Unavailable as away:
            known = self._opens.newest(stores)
            return OpenNow(0 if known is None else known.count, (f"The alert ledger cannot be read. ({away.what})",))
        return OpenNow(count)

    def alert(self, alert_id: str) -> InboxAlert:
        """One alert as the ledger has it. Raises ``NotFound``, ``Unavailable``."""
        alert = self._sources.inbox.by_id(alert_id)
        if alert is None or not self.visitor.sees(alert.store):
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

        ``by``: the device or role that answers; the visitor's role where nothing is said. Raises ``NotFound``,
        ``NotAllowed``, ``Closed``, ``Unavailable``.
        """
        self.check_may(May.ANSWER)
        alert = self.alert(alert_id)
        if alert.answer == kind.value or (alert.is_open and is_booked(alert, kind.value)):
            return None
        if not alert.is_open:
            raise Closed("the alert is closed already: the shelf was seen filled, or somebody answered before")
        role = "" if self.visitor == ANYBODY else self.visitor.role.value
        answer = self._sources.answering.answer(alert, kind, by or role)
        for kept in (self._inboxes, self._joint_inboxes):
            kept.expire()
        self._opens.expire()
        return answer

    @property
    def may_look_after(self) -> bool:
        """Whether the visitor looks after the system itself: who sees some stores only does not."""
        sees_all = self.visitor.stores is None
        return self._sources.machine is not None and sees_all and self.visitor.may(May.LOOK_AFTER)

    @property
    def operating(self) -> Operating:
        """Bus and stages, for who looks after them. Raises ``NotAllowed``."""
        if self._sources.machine is None or not self.may_look_after:
            raise NotAllowed(f"your account may not {May.LOOK_AFTER.value}")
        return Operating(self._sources.machine, self._machines, self.visitor.name)

    def _look_at_machine(self, _all: str) -> MachineNow:
        return self.operating.look()

    @property
    def past(self) -> Past:
        """What SQL knows, as far as the visitor may ask."""
        return Past(self._sources, self.visitor, self.clock)

    def _check_store(self, store: str) -> None:
        check_store(self._sources, self.visitor, store)

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

    def _join_inboxes(self, stores: frozenset[str]) -> InboxNow:
        return joint_inbox([self._inboxes.get(store) for store in sorted(stores)], self.settings.cleared_shown)

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
