"""The alert inbox, for a phone first: what waits, in walking order, and one tap to answer."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

from fastapi import Request
from nicegui import ui

from alerts.contract import AlertStatus
from console.access.roles import May
from console.console_data import Closed, ConsoleData, NotAllowed, NotFound
from console.html.alert_card import ANSWERS, IN_MENU, aisle_head, closed_row, held_row, open_card
from console.html.markup import Markup, el, icon, joined
from console.pages.layout import Here, PageFrame, Section, Tapped, off_loop, seen_by_whom_asks, zone_of
from console.view_models import AlertNow, InboxNow
from shelfstream.answers import AnswerKind
from shelfstream.errors import Unavailable


def add_alerts(console_data: ConsoleData) -> None:
    """Add ``/alerts`` (of all stores, or of ``?store=``), and ``/alerts/ALERT``, to which messages link."""

    @ui.page("/alerts", response_timeout=20)
    async def alerts(request: Request, store: str = "") -> None:
        seen = seen_by_whom_asks(console_data, request)
        known = store if store in seen.stores() else ""
        await _AlertsPage(seen, PageFrame(seen, request, Here("alerts", known)), known).start()

    @ui.page("/alerts/{alert_id}", response_timeout=20)
    async def alert(request: Request, alert_id: str) -> None:
        seen = seen_by_whom_asks(console_data, request)
        page = _AlertsPage(seen, PageFrame(seen, request, Here("alerts")), "")
        await page.start()
        page.point_at(alert_id)


class _AlertsPage:
    """One browser's inbox."""

    def __init__(self, console_data: ConsoleData, frame: PageFrame, store: str) -> None:
        self._console_data = console_data
        self._frame = frame
        self._store = store
        self._now: InboxNow | None = None
        self._cards: dict[str, Section] = {}
        self._asked_about = ""
        with ui.element("main").classes("page narrow"):
            self._head = Section("pagehead")
            self._holder = ui.element("div").classes("alerts")
            self._nothing = Section()
            self._held = Section("card heldlist")
            self._closed = Section("card closedlist")
        with ui.dialog() as self._menu, ui.card().classes("dialog"):
            self._menu_head = Section()
            for kind in IN_MENU:
                ui.button(ANSWERS[kind], on_click=self._answering(kind)).props("flat no-caps align=left").classes(
                    "wide"
                )
            ui.button("Close", on_click=self._menu.close).props("flat no-caps").classes("wide")

    async def start(self) -> None:
        """Show the inbox and keep it up to date."""
        await self.update()
        ui.timer(self._console_data.settings.refresh_s, self.update, immediate=False)

    async def update(self) -> None:
        """Look again, and change what has changed."""
        now = await off_loop(self._console_data.inbox, self._store)
        await self._frame.update(now.troubles)
        if now is self._now:
            return
        self._now = now
        stores = self._console_data.stores()
        self._head.show(joined(el("h1", "Alerts"), el("p", _counted(now))))
        self._show_cards(now, stores if len(stores) > 1 and not self._store else {})
        nothing = joined(icon("task_alt"), el("p", "No open alerts."))
        self._nothing.show(el("div", nothing, cls="nothing") if not now.waiting else joined())
        await self._show_held(now)
        await self._show_closed(now)

    def point_at(self, alert_id: str) -> None:
        """Scroll to one alert, where it is still open."""
        if alert_id in self._cards:
            self._cards[alert_id].html.run_method("$el.scrollIntoView")
            self._cards[alert_id].html.classes("pointed")

    def _show_cards(self, now: InboxNow, stores: dict[str, str]) -> None:
        wanted = dict(self._listed(now, stores))
        for gone in self._cards.keys() - wanted.keys():
            self._cards.pop(gone).html.delete()
        for place, (key, markup) in enumerate(wanted.items()):
            card = self._cards.get(key)
            if card is None:
                with self._holder:
                    card = Section("alertholder", on_tap=self._tapped)
                self._cards[key] = card
            card.show(markup)
            if self._holder.default_slot.children.index(card.html) != place:
                card.html.move(target_index=place)

    def _listed(self, now: InboxNow, stores: dict[str, str]) -> Iterator[tuple[str, Markup]]:
        """What is shown one below the other, by a key that stays: aisles, and in each its alerts."""
        may_answer = self._console_data.visitor.may(May.ANSWER)
        for (store, aisle), together in groupby(now.waiting, key=lambda each: (each.alert.store, each.aisle)):
            shown = list(together)
            if len(shown) > 1:
                yield f"{store}/{aisle}/{shown[0].alert.bay}", aisle_head(aisle, shown, may_answer=may_answer)
            for each in shown:
                yield each.alert.alert_id, open_card(each, stores.get(store, ""), may_answer=may_answer)

    async def _show_held(self, now: InboxNow) -> None:
        rows = []
        for shown in now.held:
            zone = await self._zone_of(shown.held.store)
            if zone is not None:
                rows.append(held_row(shown, zone, self._console_data.clock.now()))
        self._held.show(joined(el("h2", "Held back"), el("ul", *rows, cls="items")) if rows else joined())

    async def _zone_of(self, store: str) -> ZoneInfo | None:
        try:
            return zone_of(await off_loop(self._console_data.store_now, store))
        except NotFound:
            return None

    async def _show_closed(self, now: InboxNow) -> None:
        rows = []
        for shown in now.closed:
            zone = await self._zone_of(shown.alert.store)
            if zone is not None:
                rows.append(closed_row(shown, zone, self._console_data.clock.now()))
        self._closed.show(joined(el("h2", "Closed lately"), el("ul", *rows, cls="items")) if rows else joined())

    async def _tapped(self, tapped: Tapped) -> None:
        if "aisle" in tapped:
            await self._take_aisle(tapped["aisle"])
        elif "answer" in tapped:
            await self._answer(tapped.get("alert", ""), tapped["answer"])
        elif "more" in tapped:
            self._asked_about = tapped["more"]
            self._menu_head.show(el("h3", _name_of(self._now, self._asked_about)))
            self._menu.open()

    async def _take_aisle(self, key: str) -> None:
        """Take all that nobody has taken in an aisle, so that two people do not walk."""
        waiting: tuple[AlertNow, ...] = () if self._now is None else self._now.waiting
        for each in waiting:
            free = each.alert.status is AlertStatus.RAISED and each.sent is None
            if free and key == f"{each.alert.store}/{each.aisle}":
                await self._answer(each.alert.alert_id, AnswerKind.ACKNOWLEDGED.value)

    def _answering(self, kind: AnswerKind) -> Callable[[], Awaitable[None]]:
        async def answer() -> None:
            self._menu.close()
            await self._answer(self._asked_about, kind.value)

        return answer

    async def _answer(self, alert_id: str, kind: str) -> None:
        try:
            sent = await off_loop(self._console_data.answer, alert_id, AnswerKind(kind))
        except (NotFound, NotAllowed, Closed) as exc:
            ui.notify(str(exc), type="warning")
        except Unavailable as exc:
            ui.notify(f"Not sent: {exc.what}. Please try again.", type="negative", timeout=8000)
        else:
            ui.notify("Thank you, sent." if sent is not None else "That was answered before.", type="positive")
        await self.update()


def _counted(now: InboxNow) -> str:
    count = len(now.waiting)
    if not count:
        return "Nothing waits for you."
    return f"{count} open, in walking order" if count > 1 else "1 open"


def _name_of(now: InboxNow | None, alert_id: str) -> str:
    waiting: tuple[AlertNow, ...] = () if now is None else now.waiting
    return next((shown.product_name for shown in waiting if shown.alert.alert_id == alert_id), "")
