"""One small HTTP server per process: ``/live``, ``/ready`` and ``/metrics``."""

import json
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import structlog

from shelfstream.errors import Fault, Faults
from shelfstream.metrics import CONTENT_TYPE, Gauge, Metrics
from shelfstream.service import Service

ALIVE = Gauge(
    "shelfstream_service_alive",
    "1 while the service makes progress",
    "At 0 for minutes: read its log, restart the process",
    ("service",),
)
READY = Gauge(
    "shelfstream_service_ready",
    "1 while the service does its work",
    "At 0 for long after a start: it waits for something outside; its log names what",
    ("service",),
)
_JSON = "application/json"
_log = structlog.get_logger(__name__)


class HealthServer:
    """Serves in a thread of its own while the context is open.

    ``/live`` and ``/ready`` answer 200 or 503 with what each service says. ``watch`` hands in the services once they
    are built: until then the process is alive and not ready. Port 0 takes any free one; ``port`` says which.
    Raises ``Faults`` for a port that is taken, unless ``fall_back`` allows another.
    """

    def __init__(self, metrics: Metrics, host: str, port: int, *, fall_back: bool = False) -> None:
        self._metrics = metrics
        self._services: tuple[Service, ...] | None = None
        self._server = _bind(host, port, self._handler(), fall_back=fall_back)
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self.port: int = self._server.server_address[1]

    def watch(self, services: Sequence[Service]) -> None:
        """From now on tell of these."""
        self._services = tuple(services)

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and body for a path."""
        match path.partition("?")[0]:
            case "/live":
                return self._told({service.name: service.alive() for service in self._services or ()}, built=True)
            case "/ready":
                told = {service.name: service.ready() for service in self._services or ()}
                return self._told(told, built=self._services is not None)
            case "/metrics":
                return HTTPStatus.OK, CONTENT_TYPE, self._page()
            case _:
                body = json.dumps({"error": "there are /live, /ready and /metrics"})
                return HTTPStatus.NOT_FOUND, _JSON, body.encode()

    def _told(self, services: dict[str, bool], *, built: bool) -> tuple[HTTPStatus, str, bytes]:
        good = built and all(services.values())
        status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
        return status, _JSON, json.dumps({"ok": good, "services": services}).encode()

    def _page(self) -> bytes:
        for service in self._services or ():
            self._metrics.set(ALIVE, service.alive(), service=service.name)
            self._metrics.set(READY, service.ready(), service=service.name)
        return self._metrics.page()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, content_type, body = answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                _log.debug("health_asked", line=format % args)

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _bind(host: str, port: int, handler: type[BaseHTTPRequestHandler], *, fall_back: bool) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer((host, port), handler)
    except OSError as exc:
        if fall_back and port != 0:
            return _bind(host, 0, handler, fall_back=False)
        what = f"cannot serve health and metrics at {host}:{port}: {exc.strerror}; choose another, or 0 for any"
        raise Faults("settings", [Fault("process.health_port", what)]) from exc
