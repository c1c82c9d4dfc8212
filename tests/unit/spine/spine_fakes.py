"""Services that do as a test tells them."""

import threading
from wsgiref.util import setup_testing_defaults

from shelfstream.metrics import Metrics


class FakeService:
    """Runs until stopped; ``fails`` makes it raise, ``hangs`` makes it ignore the stop until released."""

    def __init__(
        self, name: str, *, fails: BaseException | None = None, hangs: bool = False, ends: bool = False
    ) -> None:
        self.name = name
        self.started = threading.Event()
        self.drained = threading.Event()
        self.released = threading.Event()
        self.is_alive = True
        self.is_ready = True
        self._fails = fails
        self._hangs = hangs
        self._ends = ends

    def run(self, stop: threading.Event) -> None:
        self.started.set()
        if self._fails is not None:
            raise self._fails
        if self._ends:
            return
        stop.wait()
        if self._hangs:
            self.released.wait()
        self.drained.set()

    def alive(self) -> bool:
        return self.is_alive

    def ready(self) -> bool:
        return self.is_ready


def page_of(metrics: Metrics) -> str:
    """The page as Prometheus is served it."""
    environ: dict[str, object] = {}
    setup_testing_defaults(environ)
    return b"".join(metrics.wsgi_app()(environ, lambda *_: lambda _: None)).decode()
