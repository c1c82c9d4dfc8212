"""What staff say of the plan, on the page where it is set up: looked at, dealt with, or a place taken out."""

from nicegui import ui

from console.console_data import ConsoleData
from console.html.answered import proposals_list
from console.html.markup import el, joined
from console.pages.layout import Section, Tapped, off_loop, told_faults, zone_of
from console.sources import NotAllowed, NotFound
from console.views.models import StoreNow
from shelfstream.answers import AnswerKind
from shelfstream.errors import Faults, Unavailable


class PlanTalk:
    """A list that asks again now and then, and a question before a place is taken out."""

    def __init__(self, console_data: ConsoleData, store: str) -> None:
        self._console_data = console_data
        self._store = store
        self._asked = ""
        self._list = Section("rows", on_tap=self._tapped)
        self._said = Section("said")
        with ui.dialog() as self._dialog, ui.card().classes("dialog"):
            self._question = Section()
            ui.button("Take it out", on_click=self._take_out).props("no-caps")
            ui.button("Leave it", on_click=self._dialog.close).props("flat no-caps")

    async def update(self, now: StoreNow) -> None:
        """Ask again."""
        try:
            found = await off_loop(self._console_data.past.plan_proposals, self._store)
        except Unavailable as away:
            self._list.show(el("p", f"What staff say of the plan cannot be read. ({away.what})"))
            return
        may_write, at = self._console_data.desk is not None, self._console_data.clock.now()
        self._list.show(proposals_list(found, now, zone_of(now), at, may_write=may_write))

    async def _tapped(self, tapped: Tapped) -> None:
        what, _, key = tapped.get("more", "").partition("/")
        if what == "out":
            self._asked = key
            place = key.partition("/")[0]
            self._question.show(el("p", f"{place} will not be watched any more, and its alert ends. Take it out?"))
            self._dialog.open()
        elif what == "settle":
            await self._do(key, take_out=False)

    async def _take_out(self) -> None:
        self._dialog.close()
        await self._do(self._asked, take_out=True)

    async def _do(self, key: str, *, take_out: bool) -> None:
        slot, _, kind = key.partition("/")
        past = self._console_data.past
        try:
            await off_loop(past.take_out if take_out else past.settle, self._store, slot, AnswerKind(kind))
        except Faults as faults:
            self._said.show(told_faults(faults))
        except (NotAllowed, NotFound) as refused:
            self._said.show(el("p", str(refused)))
        except Unavailable as away:
            self._said.show(el("p", f"That could not be done; try again. ({away.what})"))
        else:
            self._said.show(joined())
            await self.update(await off_loop(self._console_data.store_now, self._store))
