"""One small HTTP server per process: ``/live``, ``/ready`` and ``/metrics``."""

import json
import threading
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog

from shelfstream.errors import Fault, Faults
from shelfstream.metrics import Gauge, Metrics
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


if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
_log = structlog.get_logger(__name__)


class HealthServer:
    """Serves in a thread of its own while the context is open.

    ``/live`` and ``/ready`` answer 200 or 503 with what each service says. ``watch`` hands in the services once they
    are built: until then the process is alive and not ready. Port 0 takes any free one; ``port`` says which.
    Raises ``Faults`` for a port that is taken, unless ``fall_back`` allows another.
    """

    def __init__(self, metrics: Metrics, host: str, port: int, *, fall_back: bool = False) -> None:
        self._metrics = metrics
        self._page = metrics.wsgi_app()
        self._services: tuple[Service, ...] | None = None
        self._server = _bind(host, port, self._answer, fall_back=fall_back)
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self.port: int = self._server.server_port

    def watch(self, services: Sequence[Service]) -> None:
        """From now on tell of these."""
        self._services = tuple(services)

    def _answer(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        services = self._services or ()
        match environ.get("PATH_INFO"):
            case "/live":
                return _service_answer(
                    start_response, {service.name: service.alive() for service in services}, built=True
                )
            case "/ready":
                ready = {service.name: service.ready() for service in services}
                return _service_answer(start_response, ready, built=self._services is not None)
            case "/metrics":
                for service in services:
                    self._metrics.set(ALIVE, service.alive(), service=service.name)
                    self._metrics.set(READY, service.ready(), service=service.name)
                return self._page(environ, start_response)
            case _:
                return _json(start_response, HTTPStatus.NOT_FOUND, {"error": "there are /live, /ready and /metrics"})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    """A thread per request: who asks and never reads the answer keeps nobody else waiting."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    """Says what was asked to the log instead of the terminal."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        _log.debug("health_asked", line=format % args)


def _bind(host: str, port: int, app: "WSGIApplication", *, fall_back: bool) -> WSGIServer:
    try:
        return make_server(host, port, app, server_class=_Server, handler_class=_Quiet)
    except OSError as exc:
        if fall_back and port != 0:
            return _bind(host, 0, app, fall_back=False)
        what = f"cannot serve health and metrics at {host}:{port}: {exc.strerror}; choose another, or 0 for any"
        raise Faults("settings", [Fault("process.health_port", what)]) from exc


def _service_answer(start_response: "StartResponse", services: dict[str, bool], *, built: bool) -> list[bytes]:
    good = built and all(services.values())
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return _json(start_response, status, {"ok": good, "services": services})


def _json(start_response: "StartResponse", status: HTTPStatus, value: object) -> list[bytes]:
    body = json.dumps(value).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
