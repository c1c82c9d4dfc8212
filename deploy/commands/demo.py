"""``shelfstream demo``: the whole system on a simulated store."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.demo.run import run_demo
from deploy.demo.settings import DemoOptions
from deploy.runtime.run import EXIT_OVERDUE

app = typer.Typer()


@app.command()
def demo(
    *,
    run_for_s: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", min=1, help="Stop after so long; else at Ctrl-C.")
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Plain lines instead of a live panel.")] = False,
    json_path: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", dir_okay=False, help="At the end write events, alerts and truth."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The console's port; another one when taken.")] = 8080,
    data: Annotated[Path, typer.Option(file_okay=False, help="Where the demo keeps its data.")] = Path(".demo"),
    browser: Annotated[bool, typer.Option(help="Open the console in a browser.")] = True,
) -> None:
    """Run everything in one process: two simulated cameras, a model, stock levels, alerts and the console.

    Products sell out and are refilled within minutes. The terminal shows each alert as it is raised and cleared;
    the console shows the shelves. With --json the run is scored against what the simulator knows.
    """
    options = DemoOptions(data.resolve(), port, run_for_s, headless, browser, json_path)
    code = run_demo(options, Console())
    if code == EXIT_OVERDUE:
        # A hung thread may sit in a library's native code and hold up the interpreter's own end.
        sys.stdout.flush()
        os._exit(code)
    raise typer.Exit(code)
