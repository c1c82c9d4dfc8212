"""The way to the console: told, and opened in a browser, once the console answers."""

import threading
from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from shelfstream.service import Service


@runtime_checkable
class HasUrl(Protocol):
    """The console, seen from here: a service that knows where it is."""

    def url(self, within_s: float = ...) -> str:
        """Where it is, once it listens; empty if it does not within this time."""
        ...


class Sign(Protocol):
    """Whatever shows where the console is."""

    def opened(self, console_url: str, remark: str) -> None:
        """The console answers there; ``remark`` is what else is to be known of it, if anything."""
        ...


class Doorway:
    """Told once. ``wanted_port`` is what the person asked for, and may have been taken."""

    def __init__(
        self, services: Iterable[Service], wanted_port: int, open_page: Callable[[str], object] | None = None
    ) -> None:
        self._console = next((service for service in services if isinstance(service, HasUrl)), None)
        self._wanted_port = wanted_port
        self._open_page = open_page

    def look(self, sign: Sign) -> None:
        """Show and open the console if it listens by now. Never waits."""
        url = self._console.url(0.0) if self._console is not None else ""
        if not url:
            return
        self._console = None
        other = self._wanted_port not in (0, int(url.rpartition(":")[2]))
        sign.opened(url, f"port {self._wanted_port} is taken" if other else "")
        if self._open_page is not None:
            # A browser may take its time to start, or be one for the terminal that does not come back.
            threading.Thread(target=self._open_page, args=(url,), name="browser", daemon=True).start()
