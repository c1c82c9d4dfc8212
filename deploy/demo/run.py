"""Runs the demo: all stages in one process on embedded defaults, watched and, at the end, scored."""

import math
import os
import threading
import webbrowser
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console

from alerts.inbox import open_alerts
from alerts.model import InboxAlert
from deploy.demo.following import Follower
from deploy.demo.score import check_writable, report, score, truth_of, write_json
from deploy.demo.screen import ConsoleOpener, LiveScreen, PlainScreen, Screen
from deploy.demo.settings import DEMO_STORE, DemoOptions, demo_settings
from deploy.runtime.catalogue_folder import publish_folder, sound_folder
from deploy.runtime.one_box import held
from deploy.runtime.open import open_parts
from deploy.runtime.redis_server import EmbeddedRedis
from deploy.runtime.run import EXIT_CLEAN, prepare
from deploy.runtime.stages import STAGES
from deploy.runtime.supervised import Supervised
from deploy.runtime.supervisor import Supervisor, stopped_by_signals
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.clock import Clock, SystemClock
from shelfstream.errors import Unavailable
from shelfstream.logs import configure_logs
from shelfstream.service import Service, StageContext

_LOOK_EVERY_S = 0.25


def run_demo(options: DemoOptions, terminal: Console) -> int:
    """Run until stopped; returns the process's exit code. Raises ``Faults`` for what is wrong before anything runs."""
    clock = SystemClock()
    started_at = clock.now()
    stop = threading.Event()
    if options.json_path is not None:
        check_writable(options.json_path)
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals(stop))
        stack.enter_context(held(options.data_folder, "--data", "demo.lock"))
        redis = stack.enter_context(EmbeddedRedis(options.data_folder / "redis"))
        settings = demo_settings(options, redis.url, os.environ)
        logged = settings.process
        configure_logs(logged.log_format, logged.log_level, process="demo", secrets=settings.loaded.secrets)
        parts = stack.enter_context(open_parts(settings, clock=clock))
        services = prepare(tuple(STAGES), settings, parts, stop)
        if stop.is_set():
            return EXIT_CLEAN
        checked = sound_folder(DEMO_STORE)
        publish_folder(checked, parts)
        catalogue = checked.catalogue
        follower = stack.enter_context(closing(Follower(parts.bus, started_at, _open_before(parts))))
        show = _show(options, terminal, services, catalogue)
        supervisor = Supervisor(services, clock, drain_within_s=settings.process.drain_within_s)
        with show.screen, Supervised(supervisor, stop) as running:
            _watch(follower, show, options.run_for_s, clock, stop)
            stopped_at = clock.now()
        if options.json_path is not None:
            write_json(options.json_path, _report_of(follower, catalogue, stopped_at))
    return running.exit_code(terminal)


@dataclass(frozen=True, slots=True)
class _Show:
    """What a person sees of the run."""

    screen: Screen
    opener: ConsoleOpener


def _show(options: DemoOptions, terminal: Console, services: Iterable[Service], catalogue: Catalogue) -> _Show:
    names = {product.gtin: product.name for product in catalogue.products.values()}
    if options.headless or not terminal.is_terminal:
        return _Show(PlainScreen(terminal, names), ConsoleOpener(services, options.console_port))
    open_page = webbrowser.open if options.browser else None
    return _Show(LiveScreen(terminal, names), ConsoleOpener(services, options.console_port, open_page))


def _open_before(parts: StageContext) -> list[InboxAlert]:
    """Alerts of an earlier run that nobody has closed."""
    return open_alerts(parts.engine)


def _watch(follower: Follower, show: _Show, run_for_s: float | None, clock: Clock, stop: threading.Event) -> None:
    ends_s = math.inf if run_for_s is None else clock.monotonic_s() + run_for_s
    while not stop.is_set() and clock.monotonic_s() < ends_s:
        show.opener.check(show.screen)
        try:
            steps = follower.catch_up()
        except Unavailable as away:
            show.screen.tell(f"waiting: {away.what}")
            stop.wait(away.retry_after_s)
        else:
            show.screen.show(follower.observed, steps, clock.now())
        stop.wait(_LOOK_EVERY_S)


def _report_of(follower: Follower, catalogue: Catalogue, stopped_at: datetime) -> Mapping[str, object]:
    """The report of a run that has ended, with what its last batches still told."""
    follower.catch_up()
    observed = follower.observed
    return report(observed, score(observed, truth_of(catalogue), stopped_at))
