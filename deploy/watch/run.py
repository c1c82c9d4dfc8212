"""Runs ``watch``: the same stages as in a store, in one process, on a folder that goes with it."""

import os
import tempfile
import threading
import webbrowser
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from rich.console import Console

from deploy.embedded_redis import EmbeddedRedis
from deploy.open_parts import open_parts
from deploy.run import EXIT_CLEAN, EXIT_CRASHED, EXIT_STOPPED, prepare
from deploy.settings import Effective, read_settings
from deploy.stages import STAGES
from deploy.supervisor import ServiceFailed, Supervisor, stopped_by_signals
from deploy.watch.learner import Learner
from deploy.watch.shelving import View
from deploy.watch.source_url import source_url
from deploy.watch.telling import source_told
from deploy.watch.watcher import Watcher
from shelfstream.clock import SystemClock
from shelfstream.errors import Faults, StageStopped, Unavailable
from shelfstream.logs import configure_logs
from shelfstream.service import Service

_PREFIX = "SHELFSTREAM_"
_LOOK_EVERY_S = 0.25
_LEARN_SHARE = 0.8
_STALE_INTERVALS = 10
_STALE_MIN_S = 30.0


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What the command line says. ``port`` of ``None``: the settings' own; ``run_for_s``: until somebody stops it."""

    source: str
    port: int | None = None
    every_s: float = 1.0
    learn_frames: int = 8
    run_for_s: float | None = None
    browser: bool = True


def run_watch(options: WatchOptions, terminal: Console) -> int:
    """Run until stopped; returns the process's exit code. Raises ``Faults`` for what is wrong before anything runs."""
    stale_after_s = max(_STALE_MIN_S, _STALE_INTERVALS * options.every_s)
    view = View(source_url(options.source, os.environ), options.every_s, stale_after_s)
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals(stop))
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="shelfstream-watch-", ignore_cleanup_errors=True))
        )
        redis = stack.enter_context(EmbeddedRedis(folder / "redis"))
        settings = watch_settings(folder, redis.url, options.port, os.environ)
        configure_logs(settings.process.log_format, settings.process.log_level, process="watch")
        parts = stack.enter_context(open_parts(settings, clock=SystemClock()))
        services = prepare(tuple(STAGES), settings, parts, stop)

        def say(told: str) -> None:
            terminal.print(f"[dim]{parts.clock.now().astimezone():%H:%M:%S}[/dim] ", end="")
            terminal.print(told, markup=False, highlight=False)

        watcher = stack.enter_context(closing(Watcher(parts, view, Learner(options.learn_frames, _LEARN_SHARE), say)))
        if told := source_told(options.source, view.url):
            say(told)
        watcher.start()
        return _run(services, watcher, settings.process.drain_within_s, options, terminal, stop=stop)


def watch_settings(folder: Path, redis_url: str, port: int | None, environ: Mapping[str, str]) -> Effective:
    """Everything embedded in one folder; what a person set for single stages still holds, but for the port given.

    Raises ``Faults``.
    """
    ours = {
        "PROCESS__DATA_FOLDER": str(folder),
        "PROCESS__NAME": "watch",
        "PROCESS__LOG_LEVEL": "error",
        "REDIS__URL": redis_url,
    }
    chosen = {} if port is None else {"CONSOLE__PORT": str(port)}
    kept = {name: value for name, value in environ.items() if _is_kept(name)}
    laid = {**_named({"DETECTOR__THREADS": "2"}), **kept, **_named(ours), **_named(chosen)}
    return read_settings(None, laid, needed=tuple(STAGES))


def _is_kept(name: str) -> bool:
    """Whether a variable is for a stage, or sets nothing: settings may refer to it. Servers are our own here."""
    sets_something = name.startswith(_PREFIX) and "__" in name
    return not sets_something or name.removeprefix(_PREFIX).partition("__")[0].lower() in STAGES


def _named(settings: Mapping[str, str]) -> dict[str, str]:
    return {_PREFIX + name: value for name, value in settings.items()}


def _run(
    services: list[Service],
    watcher: Watcher,
    drain_within_s: float,
    options: WatchOptions,
    terminal: Console,
    *,
    stop: threading.Event,
) -> int:
    clock = SystemClock()
    supervisor = _Supervised(Supervisor(services, clock, drain_within_s=drain_within_s), stop)
    ends_s = None if options.run_for_s is None else clock.monotonic_s() + options.run_for_s
    try:
        _welcome(services, options, terminal)
        while not stop.is_set() and (ends_s is None or clock.monotonic_s() < ends_s):
            try:
                watcher.step()
            except Unavailable as away:
                terminal.print(f"waiting: {away.what}", markup=False)
            stop.wait(_LOOK_EVERY_S)
    finally:
        supervisor.end()
    return supervisor.exit_code(terminal)


def _welcome(services: list[Service], options: WatchOptions, terminal: Console) -> None:
    url = next((service.url() for service in services if isinstance(service, _HasUrl)), "")
    terminal.print(f"See it at {url} (Ctrl-C stops). Looking for what stays in place …", soft_wrap=True)
    if options.browser and url:
        webbrowser.open(url)


@runtime_checkable
class _HasUrl(Protocol):
    """The console, seen from here: a service that knows where it is."""

    def url(self) -> str:
        """Where it is, once it listens; empty if it does not soon."""
        ...


class _Supervised:
    """The supervisor in a thread of its own, so that the terminal stays with the main one."""

    def __init__(self, supervisor: Supervisor, stop: threading.Event) -> None:
        self._supervisor = supervisor
        self._stop = stop
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor")
        self._thread.start()

    def end(self) -> None:
        """Stop all services and wait for them."""
        self._stop.set()
        self._thread.join()

    def exit_code(self, terminal: Console) -> int:
        """0 after a clean stop; otherwise the failure is told."""
        if self._failure is None:
            return EXIT_CLEAN
        cause = self._failure.__cause__ if isinstance(self._failure, ServiceFailed) else self._failure
        terminal.print(f"{self._failure} failed: {cause}", style="red", markup=False, soft_wrap=True)
        return EXIT_STOPPED if isinstance(cause, Faults | StageStopped) else EXIT_CRASHED

    def _run(self) -> None:
        try:
            self._supervisor.run(self._stop)
        except BaseException as exc:  # noqa: BLE001 - told by the main thread, which it stops
            self._failure = exc
            self._stop.set()
