"""Runs ``watch``: the same stages as in a store, in one process, on a folder that goes with it."""

import os
import tempfile
import threading
import webbrowser
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from analytics.plan_learning.learn import LearnedView, Learner
from deploy.runtime.open import open_parts
from deploy.runtime.redis_server import EmbeddedRedis
from deploy.runtime.run import HasUrl, prepare
from deploy.runtime.settings import Effective, read_settings
from deploy.runtime.stages import STAGES
from deploy.runtime.supervised import Supervised
from deploy.runtime.supervisor import Supervisor, stopped_by_signals
from deploy.watch.source_url import source_url
from deploy.watch.watcher import Watcher, source_told
from shelfstream.clock import SystemClock
from shelfstream.errors import Unavailable
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
    view = LearnedView(source_url(options.source, os.environ), options.every_s, stale_after_s)
    stop = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals(stop))
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="shelfstream-watch-", ignore_cleanup_errors=True))
        )
        redis = stack.enter_context(EmbeddedRedis(folder / "redis"))
        settings = watch_settings(folder, redis.url, options.port, os.environ)
        logged = settings.process
        configure_logs(logged.log_format, logged.log_level, process="watch", secrets=settings.loaded.secrets)
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
        # Nobody has an account yet, and nobody reaches it from elsewhere.
        "CONSOLE__HOST": "127.0.0.1",
        "CONSOLE__SIGN_IN": "off",
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
    ends_s = None if options.run_for_s is None else clock.monotonic_s() + options.run_for_s
    with Supervised(Supervisor(services, clock, drain_within_s=drain_within_s), stop) as supervised:
        _welcome(services, options, terminal)
        while not stop.is_set() and (ends_s is None or clock.monotonic_s() < ends_s):
            try:
                watcher.step()
            except Unavailable as away:
                terminal.print(f"waiting: {away.what}", markup=False)
            stop.wait(_LOOK_EVERY_S)
    return supervised.exit_code(terminal)


def _welcome(services: list[Service], options: WatchOptions, terminal: Console) -> None:
    url = next((service.url() for service in services if isinstance(service, HasUrl)), "")
    terminal.print(f"See it at {url} (Ctrl-C stops). Looking for what stays in place …", soft_wrap=True)
    if options.browser and url:
        webbrowser.open(url)
