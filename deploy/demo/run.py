"""Runs the demo: all stages in one process on embedded defaults, watched and, at the end, scored."""

import json
import os
import threading
import webbrowser
from contextlib import ExitStack, closing
from datetime import datetime

from rich.console import Console

from deploy.demo.following import Follower
from deploy.demo.publishing import DEMO_STORE, publish_store
from deploy.demo.report import report
from deploy.demo.scoring import score
from deploy.demo.screen import LiveScreen, PlainScreen, Screen
from deploy.demo.settings import DemoOptions, demo_settings
from deploy.demo.truth import truth_of
from deploy.embedded_redis import EmbeddedRedis
from deploy.open_parts import open_parts
from deploy.run import prepare
from deploy.settings import Effective
from deploy.stages import STAGES
from deploy.supervisor import ServiceFailed, Supervisor, stopped_by_signals
from shelfstream.catalogue.whole import Catalogue
from shelfstream.clock import Clock, SystemClock
from shelfstream.errors import Faults, StageStopped
from shelfstream.logs import configure_logs

_LOOK_EVERY_S = 0.25


def run_demo(options: DemoOptions, terminal: Console) -> int:
    """Run until stopped; returns the process's exit code. Raises ``Faults`` for what is wrong before anything runs."""
    clock = SystemClock()
    started_at = clock.now()
    stop = threading.Event()
    options.data_folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals(stop))
        redis = stack.enter_context(EmbeddedRedis(options.data_folder / "redis"))
        settings = demo_settings(options, redis.url, os.environ)
        configure_logs(settings.process.log_format, settings.process.log_level, process="demo")
        parts = stack.enter_context(open_parts(settings, clock=clock))
        services = prepare(tuple(STAGES), settings, parts, stop)
        catalogue = publish_store(DEMO_STORE, parts)
        follower = stack.enter_context(closing(Follower(parts.bus, started_at)))
        running = _Running(Supervisor(services, clock, drain_within_s=settings.process.drain_within_s), stop)
        with _screen(options, terminal, settings, catalogue) as screen:
            running.start()
            _watch(follower, screen, options, clock, stop)
            stopped_at = clock.now()
            running.join()
        _finish(follower, catalogue, options, stopped_at)
    return running.exit_code(terminal)


class _Running:
    """The supervisor in a thread of its own, so that the terminal stays with the main one."""

    def __init__(self, supervisor: Supervisor, stop: threading.Event) -> None:
        self._supervisor = supervisor
        self._stop = stop
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor")

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._supervisor.run(self._stop)
        except BaseException as exc:  # noqa: BLE001 - told by the main thread, which it stops
            self._failure = exc
            self._stop.set()

    def exit_code(self, terminal: Console) -> int:
        """0 after a clean stop; otherwise the failure is told."""
        if self._failure is None:
            return 0
        cause = self._failure.__cause__ if isinstance(self._failure, ServiceFailed) else self._failure
        known = isinstance(cause, Faults | StageStopped)
        terminal.print(f"{self._failure} failed: {cause}", style="red", markup=False, soft_wrap=True)
        return 3 if known else 1


def _screen(options: DemoOptions, terminal: Console, settings: Effective, catalogue: Catalogue) -> Screen:
    section = settings.loaded.sections["console"].model_dump()
    url = f"http://{section['host']}:{section['port']}"
    names = {product.gtin: product.name for product in catalogue.products.values()}
    if options.headless or not terminal.is_terminal:
        return PlainScreen(terminal, url, names)
    if options.browser:
        threading.Timer(3.0, webbrowser.open, (url,)).start()
    return LiveScreen(terminal, url, names)


def _watch(follower: Follower, screen: Screen, options: DemoOptions, clock: Clock, stop: threading.Event) -> None:
    ends_s = None if options.run_for_s is None else clock.monotonic_s() + options.run_for_s
    while not stop.is_set() and (ends_s is None or clock.monotonic_s() < ends_s):
        steps = follower.catch_up()
        screen.show(follower.observed, steps, clock.now())
        stop.wait(_LOOK_EVERY_S)


def _finish(follower: Follower, catalogue: Catalogue, options: DemoOptions, stopped_at: datetime) -> None:
    if options.json_path is None:
        return
    follower.catch_up()
    truth = truth_of(catalogue)
    told = report(follower.observed, score(follower.observed, truth, stopped_at))
    options.json_path.write_text(json.dumps(told, indent=2) + "\n")
