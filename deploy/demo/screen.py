"""The demo's terminal: where the console is, what passes on the bus, and each alert as it comes and goes.

The console is told, and opened in a browser, once it answers.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from alerts.contract import AlertRecord
from deploy.demo.following import Observed
from deploy.runtime.run import HasUrl
from shelfstream.service import Service

_LINES_KEPT = 12
_REFRESHES_PER_S = 4
_FIGURES_EVERY_S = 10.0


class UrlListener(Protocol):
    """Whatever shows where the console is."""

    def opened(self, console_url: str, remark: str) -> None:
        """The console answers there; ``remark`` is what else is to be known of it, if anything."""
        ...


class ConsoleOpener:
    """Told once. ``wanted_port`` is what the person asked for, and may have been taken."""

    def __init__(
        self, services: Iterable[Service], wanted_port: int, open_page: Callable[[str], object] | None = None
    ) -> None:
        self._console = next((service for service in services if isinstance(service, HasUrl)), None)
        self._wanted_port = wanted_port
        self._open_page = open_page

    def check(self, sign: UrlListener) -> None:
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


class Screen(UrlListener, Protocol):
    """Shows a running demo to whoever started it."""

    def tell(self, told: str) -> None:
        """One line about the demo itself."""
        ...

    def show(self, observed: Observed, steps: Iterable[AlertRecord], now: datetime) -> None: ...

    def __enter__(self) -> "Screen": ...

    def __exit__(self, *exc: object) -> None: ...


def alert_line(step: AlertRecord, names: Mapping[str, str]) -> Text:
    """One alert's step as a person reads it."""
    name = names.get(step.gtin, step.gtin)
    where = f"{name}  (bay {step.bay}, slot {step.slot})"
    local = step.at.astimezone().strftime("%H:%M:%S")
    if step.cleared_at is not None:
        lasted_s = (step.cleared_at - step.raised_at).total_seconds()
        return Text.assemble((f"{local}  back   ", "green"), where, (f"  after {lasted_s:.0f} s", "dim"))
    return Text.assemble((f"{local}  OUT    ", "bold red"), where)


class PlainScreen:
    """One line per alert and one of figures now and then: for a log file, a pipe, or an unattended run."""

    def __init__(self, console: Console, names: Mapping[str, str]) -> None:
        self._console = console
        self._names = names
        self._told_s = 0.0

    def __enter__(self) -> "PlainScreen":
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing is left open."""

    def opened(self, console_url: str, remark: str) -> None:
        self.tell(f"the console is at {console_url}" + (f" ({remark})" if remark else ""))

    def tell(self, told: str) -> None:
        self._console.print(told, markup=False, highlight=False, soft_wrap=True)

    def show(self, observed: Observed, steps: Iterable[AlertRecord], now: datetime) -> None:
        for step in steps:
            self._console.print(alert_line(step, self._names), soft_wrap=True)
        runs_s = (now - observed.started_at).total_seconds()
        if runs_s - self._told_s >= _FIGURES_EVERY_S:
            self._told_s = runs_s
            message = (
                f"{observed.frames_seen} of {observed.frames_published} frames seen, {observed.facings_seen} facings"
            )
            self._console.print(Text(f"{runs_s:.0f} s: {message}", style="dim"), soft_wrap=True)


class LiveScreen:
    """A panel that is drawn anew a few times a second."""

    def __init__(self, console: Console, names: Mapping[str, str]) -> None:
        self._where = Text("console  starting …", style="dim")
        self._names = names
        self._lines: deque[Text] = deque(maxlen=_LINES_KEPT)
        self._live = Live(console=console, refresh_per_second=_REFRESHES_PER_S, transient=False)

    def __enter__(self) -> "LiveScreen":
        self._live.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.__exit__(None, None, None)

    def opened(self, console_url: str, remark: str) -> None:
        self._where = Text.assemble("console  ", (console_url, "bold cyan underline"), (f"  {remark}", "dim"))

    def tell(self, told: str) -> None:
        self._live.console.print(Text(told, style="dim"))

    def show(self, observed: Observed, steps: Iterable[AlertRecord], now: datetime) -> None:
        self._lines.extend(alert_line(step, self._names) for step in steps)
        self._live.update(self._panel(observed, now))

    def _panel(self, observed: Observed, now: datetime) -> Panel:
        waiting = Text("waiting for the first alert …", style="dim")
        lines = list(self._lines) or [waiting]
        title = "[bold]Shelfstream demo[/bold]"
        end = Text("Ctrl-C stops it", style="dim")
        return Panel(
            Group(self._where, _figures(observed, now), Text(), *lines, Text(), end), title=title, expand=False
        )


def _figures(observed: Observed, now: datetime) -> Table:
    figures = Table.grid(padding=(0, 3))
    open_now = sum(alert.cleared_at is None for alert in observed.all_alerts)
    runs_s = (now - observed.started_at).total_seconds()
    shown = (
        ("running", f"{runs_s // 60:02.0f}:{runs_s % 60:02.0f}"),
        ("frames", f"{observed.frames_published}"),
        ("seen", f"{observed.frames_seen}"),
        ("facings", f"{observed.facings_seen}"),
        ("changes", f"{len(observed.events)}"),
        ("alerts", f"{len(observed.alerts)}"),
        ("open", f"{open_now}"),
    )
    for _ in shown:
        figures.add_column(justify="right")
    figures.add_row(*(Text(name, style="dim") for name, _ in shown))
    figures.add_row(*(Text(value, style="bold") for _, value in shown))
    return figures
