"""Bays that are being rebuilt: nobody is told of their gaps until a time."""

from datetime import timedelta

from nicegui import ui

from console.access.roles import May
from console.console_data import ConsoleData
from console.html.markup import el, icon, joined
from console.html.states import clock_time
from console.pages.layout import Section, Tapped, needed_desk, off_loop, told_faults, zone_of
from console.views.models import StoreNow, title_of
from shelfstream.catalogue.model import Reset
from shelfstream.errors import Faults

_HOURS_AT_FIRST, _HOURS_MOST = 2.0, 14 * 24.0


class RebuildingCard:
    """Lists bays under rebuilding, and declares one, for who may change the store; else it only lists."""

    def __init__(self, console_data: ConsoleData, store: str) -> None:
        self._console_data = console_data
        self._store = store
        self._may = console_data.visitor.may(May.SET_UP) and console_data.desk is not None
        with ui.element("section").classes("rebuilding"):
            self._list = Section("", on_tap=self._ended)
            if self._may:
                with ui.expansion("A bay is being rebuilt").classes("declare").props("dense"):
                    self._form()
            self._said = Section("said")

    def _form(self) -> None:
        with ui.element("div").classes("fields"):
            self._bay = ui.select({}, label="Bay").classes("wide")
            self._hours = ui.number("For how many hours", value=_HOURS_AT_FIRST, min=0.25, max=_HOURS_MOST, step=0.25)
            ui.button("Tell nobody until then", icon="construction", on_click=self._declare)

    def update(self, now: StoreNow) -> None:
        """Show which bays are being rebuilt now, and until when."""
        clock_now, zone = self._console_data.clock.now(), zone_of(now)
        rows = [
            el(
                "li",
                el("span", icon("construction"), title_of(each.bay), cls="what"),
                el("span", "until ", clock_time(each.bay.reset.ends, zone, clock_now), cls="why"),
                el("button", "End now", cls="btn", data_more=each.bay.id) if self._may else None,
                cls="item closed",
            )
            for each in now.bays
            if each.bay.reset is not None and each.bay.reset.holds(clock_now)
        ]
        self._list.show(joined(el("h3", "Being rebuilt"), el("ul", *rows, cls="items")) if rows else joined())
        if self._may:
            bays = {each.bay.id: title_of(each.bay) for each in now.bays}
            if self._bay.options != bays:
                self._bay.set_options(bays)

    async def _declare(self) -> None:
        bay, hours = self._bay.value, float(self._hours.value or 0)
        if not bay or not 0 < hours <= _HOURS_MOST:
            self._said.show(el("p", icon("error"), "Say which bay, and for how many hours (at most two weeks)."))
            return
        begins = self._console_data.clock.now()
        await self._write(str(bay), Reset(begins=begins, ends=begins + timedelta(hours=hours)))

    async def _ended(self, tapped: Tapped) -> None:
        if "more" in tapped:
            await self._write(tapped["more"], None)

    async def _write(self, bay: str, reset: Reset | None) -> None:
        try:
            await off_loop(needed_desk(self._console_data).put_reset, self._store, bay, reset)
        except Faults as faults:
            self._said.show(told_faults(faults))
            return
        told = "It is watched again within seconds." if reset is None else "Nobody is told of its gaps until then."
        self._said.show(el("p", icon("check"), told, cls="verdict good"))
