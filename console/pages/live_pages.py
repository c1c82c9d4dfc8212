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
        self._looking: set[str] = set()

    def add(self, store: str, page: StorePage, client: Client) -> None:
        """Tell a page from now on, until its client is gone."""
        self._pages.setdefault(store, {})[page] = client
        client.on_delete(lambda: self._remove(store, page))

    async def run(self) -> None:
        """Look as often as pages are to be told, until cancelled. A look that fails is logged, and made again."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for store in self._pages.keys() - self._looking:
                if self._is_due(store):
                    self._looking.add(store)
                    background_tasks.create(self._look(store), name=f"look at {store}")

    def _is_due(self, store: str) -> bool:
        """Whether something is new, or heads are to be looked at: they show what is not the store's alone."""
        before = self._told.get(store)
        if (
            before is None
            or self._console_data.clock.monotonic_s() >= before[1] + self._console_data.settings.refresh_s
        ):
            return True
        try:
            return self._console_data.store_kept(store) is not before[0]
        except NotFound:
            return True

    async def _look(self, store: str) -> None:
        try:
            now = await self._now(store)
        finally:
            self._looking.discard(store)
        self._told[store] = now, self._console_data.clock.monotonic_s()
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
