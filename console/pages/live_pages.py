"""Open pages of stores, told when their store has changed: one look serves all who look."""

import asyncio
from typing import Protocol

from nicegui import Client, background_tasks

from console.console_data import LOOK_EVERY_S, ConsoleData
from console.pages.layout import off_loop
from console.sources import NotFound
from console.views.models import StoreNow


class StorePage(Protocol):
    """An open page."""

    async def show(self, now: StoreNow | None) -> None:
        """Show the store as it is now; ``None``: it is there no more."""
        ...


class LivePages:
    """All open pages of stores. Lives in the web server's loop."""

    def __init__(self, console_data: ConsoleData) -> None:
        self._console_data = console_data
        self._pages: dict[str, dict[StorePage, Client]] = {}
        self._told: dict[str, tuple[StoreNow | None, float]] = {}

    def add(self, store: str, page: StorePage, client: Client) -> None:
        """Tell a page from now on, until its client is gone."""
        self._pages.setdefault(store, {})[page] = client
        client.on_delete(lambda: self._remove(store, page))

    async def run(self) -> None:
        """Look as often as pages are to be told, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for store in list(self._pages):
                await self._look(store)

    async def _look(self, store: str) -> None:
        now, now_s = await self._now(store), self._console_data.clock.monotonic_s()
        before = self._told.get(store)
        # Now and then without news, too: pages' heads show what is not the store's alone.
        if before is not None and now is before[0] and now_s < before[1] + self._console_data.settings.refresh_s:
            return
        self._told[store] = now, now_s
        for page, client in list(self._pages.get(store, {}).items()):
            background_tasks.create(page.show(now), name=f"show {store}", context=client)

    async def _now(self, store: str) -> StoreNow | None:
        try:
            kept = self._console_data.store_kept(store)
            return kept if kept is not None else await off_loop(self._console_data.store_now, store)
        except NotFound:
            return None

    def _remove(self, store: str, page: StorePage) -> None:
        pages = self._pages.get(store, {})
        pages.pop(page, None)
        if not pages:
            self._pages.pop(store, None)
            self._told.pop(store, None)
