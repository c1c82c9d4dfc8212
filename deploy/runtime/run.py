"""Runs stages in this process, from settings to the last drained batch."""

import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from typing import Protocol, runtime_checkable

import structlog

from deploy.runtime.open import open_parts
from deploy.runtime.settings import Effective, Mode
from deploy.runtime.stages import build_stage
from deploy.runtime.supervisor import DrainOverdue, ServiceFailed, Supervisor, stopped_by_signals
from shelfstream.bus.topic_check import differences, refuse
from shelfstream.bus.topics import topic_table
from shelfstream.errors import Fault, Faults, StageStopped, Unavailable
from shelfstream.health import HealthServer
from shelfstream.logs import configure_logs
from shelfstream.migrations.upgrade import require_current, upgrade
from shelfstream.service import Service, StageContext

EXIT_CLEAN, EXIT_CRASHED, EXIT_FAULTS, EXIT_STOPPED, EXIT_OVERDUE = 0, 1, 2, 3, 4
_log = structlog.get_logger(__name__)


@runtime_checkable
class HasUrl(Protocol):
    """The console, seen from here: a service that knows where it is."""

    def url(self, within_s: float = ...) -> str:
        """Where it is, once it listens; empty if it does not within this time."""
        ...


Beside = Callable[[StageContext, Sequence[Service]], Sequence[Service]]
"""Services that run beside the stages, given what these stand on and the stages themselves."""


def no_others(context: StageContext, services: Sequence[Service]) -> Sequence[Service]:  # noqa: ARG001 - a ``Beside``
    """Nothing beside the stages."""
    return ()


def run_stages(stages: Sequence[str], settings: Effective, *, beside: Beside = no_others) -> int:
    """Run the stages until a signal or a failure; returns the process's exit code.

    0: stopped in good order; 1: a bug ended it; 2: faults in settings; 3: a stage stopped on purpose and said why;
    4: a stop took longer than allowed. Raises ``Faults`` for what is wrong before anything runs.
    """
    process = settings.process
    secrets = settings.loaded.secrets
    configure_logs(process.log_format, process.log_level, process=settings.process_name, secrets=secrets)
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals(stop))
        parts = stack.enter_context(open_parts(settings))
        health = stack.enter_context(
            HealthServer(parts.metrics, process.health_host, process.health_port, fall_back=process.mode is Mode.DEMO)
        )
        _log.info("serving_health", url=f"http://{process.health_host}:{health.port}/ready", process=parts.process)
        services = prepare(stages, settings, parts, stop)
        if stop.is_set():
            return EXIT_CLEAN
        services += beside(parts, services)
        health.watch(services)
        return _supervise(Supervisor(services, parts.clock, drain_within_s=process.drain_within_s), stop)


def check_parts(stages: Sequence[str], settings: Effective) -> None:
    """Raise ``Faults`` where a stage needs a server that the settings do not name: before anything is waited for."""
    if "console" in stages and settings.redis.url is None:
        message = (
            "is not set, and the console shows what stands there. A Redis: apt install redis-server, then "
            "SHELFSTREAM_REDIS__URL=redis://127.0.0.1:6379/0"
        )
        raise Faults("settings", [Fault("redis.url", message)])


def prepare(stages: Sequence[str], settings: Effective, parts: StageContext, stop: threading.Event) -> list[Service]:
    """Wait for bus and database, check that they fit this release, and build the stages. Raises ``Faults``."""
    _insist(lambda: check_topics(parts, settings), stop)
    _insist(lambda: _check_schema(parts), stop)
    return [] if stop.is_set() else [build_stage(stage, settings.stages[stage], parts) for stage in stages]


def check_topics(parts: StageContext, settings: Effective) -> None:
    """Raise ``Faults`` where topics lose records or keep pictures too long; log what else is not as it should be."""
    table = topic_table(settings.topic_sizes)
    with closing(parts.bus.admin()) as admin:
        differing = differences(admin.states(table), table, table)
    refuse(differing)
    for each in differing:
        _log.warning("topic_differs", topic=each.topic, what=each.what, command=each.command)


def _check_schema(parts: StageContext) -> None:
    """SQLite is this machine's own and is brought to this release; a server's schema is an operator's decision."""
    if parts.engine.dialect.name == "sqlite":
        upgrade(parts.engine)
    else:
        require_current(parts.engine)


def _insist(act: Callable[[], None], stop: threading.Event) -> None:
    """Try until what is needed is there, or somebody stops us: servers may come up after their clients."""
    while not stop.is_set():
        try:
            act()
        except Unavailable as exc:
            _log.warning("waiting", what=exc.what, retry_after_s=exc.retry_after_s)
            stop.wait(exc.retry_after_s)
        else:
            return


def _supervise(supervisor: Supervisor, stop: threading.Event) -> int:
    try:
        supervisor.run(stop)
    except ServiceFailed as failed:
        return _code_of(failed.__cause__)
    except DrainOverdue as exc:
        _log.error("drain_overdue", detail=str(exc))
        # A hung thread may sit in a library's native code and hold up the interpreter's own end.
        sys.stderr.flush()
        os._exit(EXIT_OVERDUE)
    return EXIT_CLEAN


def _code_of(cause: BaseException | None) -> int:
    match cause:
        case Faults():
            return EXIT_FAULTS
        case StageStopped():
            return EXIT_STOPPED
        case _:
            return EXIT_CRASHED
