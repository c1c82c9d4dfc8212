"""History: what was out, when, for how long, and what that may have cost."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from nicegui import ui

from alerts.answered.figures import AlertGrain
from analytics.history.oos import OosInterval
from console.access.roles import May
from console.api.models import check_span
from console.console_data import ConsoleData
from console.html.answered import figures_table
from console.html.frame import Here
from console.html.history_table import COLUMNS, history_list, history_rows, history_sums, matching
from console.html.markup import el, icon, joined
from console.pages.layout import PageFrame, Section, off_loop, refused, seen_by_whom_asks, zone_of
from console.views.models import title_of
from shelfstream.errors import Fault, Faults, Unavailable

_DAYS_AT_FIRST = 7
_DAY = timedelta(days=1)


def add_history(console_data: ConsoleData) -> None:
    """Add ``/history`` (of the first store, or of ``?store=``)."""

    @ui.page("/history", response_timeout=20)
    async def history(request: Request, store: str = "") -> None:
        seen = seen_by_whom_asks(console_data, request)
        stores = seen.stores()
        known = store if store in stores else next(iter(stores), "")
        frame = PageFrame(seen, request, Here("history", known))
        await frame.update()
        if refused(seen, May.HISTORY):
            return
        if not known:
            Section("nothing page").show(joined(icon("history"), el("h2", "There is no store yet")))
            return
        now = await off_loop(seen.store_now, known)
        page = _HistoryPage(seen, frame, known, zone_of(now), "" if now.store is None else now.store.currency)
        await page.ask()
        ui.timer(10 * seen.settings.refresh_s, frame.update, immediate=False)


class _HistoryPage:
    """One browser's question. Dates are days on the store's own clock."""

    def __init__(self, console_data: ConsoleData, frame: PageFrame, store: str, zone: ZoneInfo, currency: str) -> None:
        self._console_data = console_data
        self._frame = frame
        self._store = store
        self._zone = zone
        self._currency = currency
        self._found: Sequence[OosInterval] = ()
        today = console_data.clock.now().astimezone(zone).date()
        with ui.element("main").classes("page"):
            Section("pagehead").show(joined(el("h1", "What was out"), el("p", "Minutes within the opening hours.")))
            with ui.element("div").classes("filters"):
                first = (today - timedelta(days=_DAYS_AT_FIRST - 1)).isoformat()
                self._from = ui.input("From", value=first, on_change=self.ask).props("type=date dense outlined")
                self._to = ui.input("To", value=today.isoformat(), on_change=self.ask).props("type=date dense outlined")
                self._text = ui.input("Product", on_change=self._show).props("dense outlined clearable debounce=200")
                self._download = Section("download")
            self._trouble = Section("troubles")
            self._sums = Section()
            self._list = Section("card historylist")
            self._table = (
                ui.table(rows=[], columns=[dict(column) for column in COLUMNS], row_key="id", pagination=25)
                .props('flat no-data-label="Nothing was out in this time."')
                .classes("card historytable")
            )
            with ui.element("section").classes("card rightness"):
                head = joined(el("h2", "How right the alerts were"), el("small", "as staff said"))
                Section("cardhead").show(head)
                grains = {AlertGrain.BAY: "Bays", AlertGrain.SLOT: "Places", AlertGrain.SHIFT: "Shifts"}
                self._grain = ui.toggle(grains, value=AlertGrain.BAY, on_change=self.ask).props("no-caps flat")
                self._figures = Section("placetable")
                # On a phone it scrolls sideways, which a keyboard must be able to do as well.
                self._figures.html.props('tabindex=0 role=region aria-label="How right the alerts were"')

    async def ask(self) -> None:
        """Ask the historian again."""
        try:
            span = _span(self._from.value, self._to.value, self._zone, self._console_data.settings.history_days_max)
        except Faults as faults:
            self._trouble.show(el("p", icon("warning"), "; ".join(str(fault) for fault in faults.faults)))
            return
        try:
            self._found = await off_loop(self._console_data.past.oos, self._store, *span)
            grain = AlertGrain(self._grain.value)
            figures = await off_loop(self._console_data.past.alert_figures, self._store, *span, grain)
        except Unavailable as away:
            self._trouble.show(el("p", icon("warning"), f"History cannot be read. ({away.what})"))
            return
        self._trouble.show(joined())
        self._figures.show(figures_table(figures, self._names()))
        asked = {"store": self._store, "from": _iso(span[0]), "to": _iso(span[1]), "format": "csv"}
        link = f"api/history/oos?{urlencode(asked)}"
        self._download.show(el("a", icon("download"), "CSV", href=link, cls="btn", download=True))
        self._show()

    def _names(self) -> dict[str, str]:
        """What bays and places are called."""
        catalogue = self._console_data.catalogue
        bays = {bay.id: title_of(bay) for (store, _), bay in catalogue.bays.items() if store == self._store}
        named = {
            slot.id: f"{catalogue.products[store, slot.gtin].name}, {slot.id}"
            for (store, _), slot in catalogue.slots.items()
            if store == self._store and (store, slot.gtin) in catalogue.products
        }
        return {**named, **bays}

    def _show(self) -> None:
        found = matching(self._found, self._text.value or "")
        self._sums.show(history_sums(found, self._currency))
        rows = history_rows(found, self._zone)
        self._list.show(history_list(rows))
        self._table.rows = rows


def _span(first: str | None, last: str | None, zone: ZoneInfo, days_max: int) -> tuple[datetime, datetime]:
    """From the first day's midnight to the midnight after the last one. Raises ``Faults``."""
    try:
        begins, ends = date.fromisoformat(first or ""), date.fromisoformat(last or "") + _DAY
    except (ValueError, OverflowError) as exc:
        raise Faults("question", [Fault("days", "give a first and a last one")]) from exc
    return check_span(datetime.combine(begins, time(), zone), datetime.combine(ends, time(), zone), days_max)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
