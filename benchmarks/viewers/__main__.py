"""How soon a large store's page is there, and how many can look at once: ``python -m benchmarks.viewers --help``.

The console is a process of its own on a real Redis. The first paint is a real Chromium's; viewers are web sockets that
connect as a page's script does. While they look, frames come in, each of which changes one slot of one bay.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated

import aiohttp
import redis
import typer
from playwright.sync_api import sync_playwright
from rich.console import Console

from benchmarks.inbox import fill
from benchmarks.viewers.big_store import STORE, Shown, catalogue
from benchmarks.viewers.viewer import Viewer
from deploy.runtime.redis_server import EmbeddedRedis
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of

_CHROMIUM = "/usr/bin/chromium"
_PAINTS = 5
_TICKS_S = os.sysconf("SC_CLK_TCK")
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_READY = "document.querySelectorAll('.cell').length >= {cells} && performance.now()"


def main(
    *,
    bays: Annotated[int, typer.Option(min=1, help="Bays, of sixty slots each.")] = 60,
    viewers: Annotated[int, typer.Option(min=0, help="How many look at once.")] = 200,
    seconds: Annotated[int, typer.Option(min=5, help="For how long they look.")] = 40,
    frames_per_s: Annotated[float, typer.Option(help="How many frames change a slot each second.")] = 1.0,
    alerts: Annotated[int, typer.Option(min=0, help="How many alerts are open; 0: the inbox is not measured.")] = 5000,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure and tell."""
    console = Console()
    with tempfile.TemporaryDirectory() as name, EmbeddedRedis() as server:
        folder = Path(name)
        client = redis.Redis.from_url(server.url)
        _raise_alerts(folder, alerts)
        shown = Shown(client, catalogue(bays), PictureStore((folder / "pictures").as_uri()))
        with _served(server.url, folder, bays) as (url, process):
            figures: dict[str, object] = {"bays": bays, "slots": bays * 60, "first_paint": _first_paints(url, bays)}
            console.print(f"first paint and all places, seconds, {_PAINTS} times: {figures['first_paint']}")
            if alerts:
                figures["inbox"] = _inboxes(url)
                console.print(f"inbox of {alerts} open alerts, seconds until its cards are there: {figures['inbox']}")
            if viewers:
                looked = asyncio.run(_look(url, shown, process.pid, (viewers, seconds, bays), frames_per_s))
                console.print(looked)
                figures["viewers"] = looked
    if as_json is not None:
        as_json.write_text(json.dumps(figures, indent=2))


@contextmanager
def _served(redis_url: str, folder: Path, bays: int) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--url", redis_url, "--folder", str(folder), "--port", str(port), "--bays", str(bays)]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.viewers.server", *options])
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    ends_s = time.monotonic() + 60
    while time.monotonic() < ends_s:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("the console does not start")


def _first_paints(url: str, bays: int) -> dict[str, list[float]]:
    """Seconds until something of the page is painted, and until every slot stands on it; the first one is cold."""
    found: dict[str, list[float]] = {"painted_s": [], "complete_s": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        for _ in range(_PAINTS):
            page = browser.new_page(viewport={"width": 1360, "height": 860})
            page.goto(f"{url}/stores/{STORE}", wait_until="commit")
            complete_ms = page.wait_for_function(_READY.format(cells=bays * 60), timeout=60_000).json_value()
            painted_ms = page.wait_for_function(_PAINTED, timeout=60_000).json_value()
            found["painted_s"].append(round(painted_ms / 1000, 2))
            found["complete_s"].append(round(complete_ms / 1000, 2))
            page.close()
        browser.close()
    return found


def _raise_alerts(folder: Path, alerts: int) -> None:
    engine = engine_of(f"sqlite:///{folder}/ledger.db")
    upgrade(engine)
    fill(engine, alerts, SystemClock().now() - timedelta(hours=1))
    engine.dispose()


def _inboxes(url: str) -> list[float]:
    """Seconds until the inbox's cards stand on the page, in a new browser page each time."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        for _ in range(_PAINTS):
            page = browser.new_page(viewport={"width": 390, "height": 844})
            page.goto(f"{url}/alerts", wait_until="commit")
            ready = "document.querySelectorAll('[data-alert]').length > 0 && performance.now()"
            found.append(round(page.wait_for_function(ready, timeout=60_000).json_value() / 1000, 2))
            page.close()
        browser.close()
    return found


async def _look(
    url: str, shown: Shown, pid: int, sizes: tuple[int, int, int], frames_per_s: float
) -> dict[str, object]:
    """Open all pages, let frames come in, and measure how long each change takes to reach each page."""
    count, seconds, bays = sizes
    viewers = [Viewer(url, f"/stores/{STORE}") for _ in range(count)]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for viewer in viewers:
            await viewer.open(session)
        cpu_s, ours_s, began_s = _cpu_s(pid), time.process_time(), time.perf_counter()
        sent = 0
        while time.perf_counter() - began_s < seconds:
            word = await asyncio.to_thread(shown.frame, f"cam-{sent % bays:03}")
            for viewer in viewers:
                viewer.expect(word)
            sent += 1
            await asyncio.sleep(max(0.0, began_s + sent / frames_per_s - time.perf_counter()))
        await asyncio.sleep(5)
        took_s = time.perf_counter() - began_s
        busy, ours = (_cpu_s(pid) - cpu_s) / took_s, (time.process_time() - ours_s) / took_s
        lags = [lag for viewer in viewers for lag in viewer.lags_s]
        for viewer in viewers:
            await viewer.close()
    return {
        "viewers": count,
        "opened_s": round(median(viewer.opened_s for viewer in viewers), 3),
        "changes": sent,
        "came": round(len(lags) / (sent * count), 3),
        "lag_p50_s": round(median(lags), 3) if lags else None,
        "lag_p95_s": round(quantiles(lags, n=20)[-1], 3) if len(lags) > 1 else None,
        "server_cores": round(busy, 2),
        "viewers_cores": round(ours, 2),
    }


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_S


if __name__ == "__main__":
    typer.run(main)
