"""``shelfstream simulate``: training scenes, the demo's store folder, single frames of a simulated camera."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from shelfstream.catalogue.folder.write import write_folder
from shelfstream.clock import SystemClock
from shelfstream.errors import Fault, Faults
from simulator.packs.photograph_prints import photographs_in
from simulator.scenes.scene_files import write_scenes
from simulator.store.camera import SimCamera
from simulator.store.demo_store import demo_catalogue, reference_picture

app = typer.Typer(help="Render the shelf simulator's pictures.", no_args_is_help=True)


@app.callback()
def simulate() -> None:
    """Render the shelf simulator's pictures."""


@app.command("scenes")
def scenes(
    folder: Annotated[Path, typer.Argument(help="Where to write pictures and labels; made when missing.")],
    count: Annotated[int, typer.Option(min=1, help="How many scenes.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first scene; the others count up from it.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render side by side.")] = 2,
    photographs: Annotated[
        Path | None, typer.Option(help="Folder of product pictures that become the prints of some packs.")
    ] = None,
) -> None:
    """Render labelled training scenes, ``<seed>.jpg`` and ``<seed>.npz``; those already in the folder are kept."""
    console = Console()
    prints = () if photographs is None else tuple(str(path) for path in photographs_in(photographs))
    with Progress(console=console) as progress:
        task = progress.add_task("Rendering scenes", total=count)
        for _ in write_scenes(folder, range(seed, seed + count), workers, photographs=prints):
            progress.advance(task)
    console.print(f"{count} scenes are in {folder}.", highlight=False)


@app.command("store")
def store(
    folder: Annotated[Path, typer.Argument(help="Where to write; a catalogue folder there is replaced.")],
) -> None:
    """Write the demo's store as a catalogue folder, with a packshot of each product."""
    catalogue = demo_catalogue()
    products = {product.gtin: product for product in catalogue.products.values()}
    write_folder(catalogue, folder, lambda name: reference_picture(products[Path(name).stem]))
    Console().print(f"{folder}: {len(catalogue.slots)} slots, {len(products)} products.", highlight=False)


@app.command("frame")
def frame(
    url: Annotated[str, typer.Argument(help="A simulated camera, such as sim://demo-market/cam-left?seed=7&speed=60")],
    out: Annotated[Path, typer.Argument(help="Where to write the JPEG.")] = Path("frame.jpg"),
    at: Annotated[
        str | None, typer.Option(help="The wall-clock time, such as 2026-12-01T06:00Z; default: now.")
    ] = None,
) -> None:
    """Write what a simulated camera sees."""
    clock = SystemClock()
    try:
        now = clock.now() if at is None else datetime.fromisoformat(at)
        picture = SimCamera(url, clock).frame_at(now if now.tzinfo else now.replace(tzinfo=UTC))
    except ValueError as exc:
        raise Faults("simulate frame", [Fault(url, str(exc))]) from exc
    out.write_bytes(picture)
    Console().print(f"{out}: {len(picture)} bytes, as of {now.isoformat()}.", highlight=False)
