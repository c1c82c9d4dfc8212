"""``python -m devstack up|down|status``: real servers for development, without containers."""

import os
from pathlib import Path

import typer
from rich.console import Console

from devstack.local import LocalStack
from shelfstream.errors import Faults

_CACHE_VARIABLE = "SHELFSTREAM_CACHE"

app = typer.Typer(no_args_is_help=True, help="Kafka, Redis and PostgreSQL for development.", add_completion=False)
console = Console()


def _stack() -> LocalStack:
    return LocalStack(Path(os.environ.get(_CACHE_VARIABLE, ".cache")))


@app.command()
def up() -> None:
    """Start the three servers and write their URLs to .cache/stack/urls.env."""
    stack = _stack()
    try:
        with console.status("starting Kafka, Redis and PostgreSQL"):
            stack.up()
    except Faults as faults:
        console.print(str(faults), style="red", markup=False)
        raise typer.Exit(1) from faults
    for name, url in stack.urls().items():
        console.print(f"{name}={url}", markup=False, soft_wrap=True)
    console.print(f"also in {stack.urls_file}; for a shell: set -a; . {stack.urls_file}; set +a", soft_wrap=True)


@app.command()
def down() -> None:
    """Stop the three servers; their data stay in .cache/stack."""
    _stack().down()
    console.print("stopped")


@app.command()
def status() -> None:
    """Say what runs, and where."""
    for server in _stack().servers:
        message = f"runs as process {server.pid} at {server.url}" if server.pid else "does not run"
        console.print(f"{server.name}: {message}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    app()
