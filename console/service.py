"""The console as a service: a web server in the service's own thread, without signal handlers."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from console.settings import ConsoleSettings
from shelfstream.background import Background, Work
from shelfstream.errors import Fault, Faults

_log = structlog.get_logger(__name__)
_ENDS_WITHIN_S = 3
_LOOK_EVERY_S = 0.1
_ANY_PORT = 0


class ConsoleService:
    """Serves ``app()`` until stopped, with ``background`` running all along, each in a thread of its own, by name."""

    name = "console"

    def __init__(
        self,
        settings: ConsoleSettings,
        app: Callable[[], AbstractContextManager[FastAPI]],
        background: Mapping[str, Work],
    ) -> None:
        self._settings = settings
        self._app = app
        self._background = background
        self._server: _Server | None = None
        self._listening = threading.Event()
        self._url = ""

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set. Raises ``Faults`` when the port is taken and no other may be."""
        with closing(_listen(self._settings)) as listener, self._app() as app:
            port = listener.getsockname()[1]
            self._url = f"http://{_shown_host(self._settings.host)}:{port}"
            server = _Server(_config(app))
            self._server = server
            with ExitStack() as beside:
                for name, work in self._background.items():
                    beside.enter_context(Background(name, work, stop))
                beside.enter_context(Background("console-stop", lambda ending: _end_with(server, stop, ending), stop))
                self._listening.set()
                _log.info("console_open", url=self._url)
                server.run(sockets=[listener])
                if not stop.is_set():
                    raise Faults("console", [Fault("web server", "ended by itself; its log says why")])

    def url(self, within_s: float = 30.0) -> str:
        """Where the console is, once it listens; empty if it does not within this time."""
        return self._url if self._listening.wait(within_s) else ""

    def alive(self) -> bool:
        return self._server is None or not self._server.should_exit

    def ready(self) -> bool:
        return self._server is not None and self._server.started and self.alive()


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_ENDS_WITHIN_S,
        server_header=False,
        ws="websockets-sansio",
    )


def _listen(settings: ConsoleSettings) -> socket.socket:
    ports = [settings.port, _ANY_PORT] if settings.port_fallback else [settings.port]
    for port in ports:
        try:
            return _bound(settings.host, port)
        except OSError as exc:
            if port == ports[-1]:
                message = f"cannot listen on {settings.host}:{port}: {exc.strerror}; choose another console.port"
                raise Faults("settings", [Fault("console.port", message)]) from exc
            _log.warning("port_taken", port=port, detail=str(exc.strerror))
    raise AssertionError("a list of ports is never empty")


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Before uvicorn starts, so that whoever comes early waits instead of being refused.
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _end_with(server: uvicorn.Server, stop: threading.Event, ending: threading.Event) -> None:
    """End the server once ``stop`` is set."""
    while not ending.wait(_LOOK_EVERY_S):
        server.should_exit = server.should_exit or stop.is_set()
