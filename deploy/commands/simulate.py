"""``shelfstream simulate``: training scenes, the demo's store folder, single frames of a simulated camera."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from ingest.simulator.scene_files import write_scenes

app = typer.Typer(help="Render the shelf simulator's pictures.", no_args_is_help=True)


@app.callback()
def simulate() -> None:
    """Render the shelf simulator's pictures."""


@app.command("scenes")
def scenes(
    out: Annotated[Path, typer.Option(help="Folder for the pictures and their labels; made when missing.")],
    count: Annotated[int, typer.Option(min=1, help="How many scenes.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first scene; the others count up from it.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render side by side.")] = 2,
) -> None:
    """Render labelled training scenes, ``<seed>.jpg`` and ``<seed>.npz``; those already in the folder are kept."""
    console = Console()
    with Progress(console=console) as progress:
        task = progress.add_task("Rendering scenes", total=count)
        for _ in write_scenes(out, range(seed, seed + count), workers):
            progress.advance(task)
    console.print(f"{count} scenes are in {out}.", highlight=False)
