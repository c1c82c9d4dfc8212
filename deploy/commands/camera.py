"""``shelfstream camera``: a camera is added by its URL, and told how well it sees each place."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from analytics.photographs.sight import places_in_sight
from deploy.commands.calibrate import settle
from deploy.runtime.store_detector import StoreDetector, catalogue_of
from ingest.one_frame import frame_of_camera
from ingest.settings import IngestSettings
from shelfstream.catalogue.camera_urls import url_faults
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.write import write_cameras
from shelfstream.catalogue.model import Camera
from shelfstream.clock import SystemClock
from shelfstream.errors import Fault, Faults

app = typer.Typer(help="Add cameras by their URL.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)


@app.callback()
def camera() -> None:
    """Add cameras by their URL."""


@app.command("add")
def add(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The catalogue's folder, of one store.")],
    url: Annotated[str, typer.Argument(help="As docs/cameras.md has it; secrets as ${NAME}, from the environment.")],
    *,
    camera_id: Annotated[str | None, typer.Option("--id", help="Its id; default: cam-1, cam-2 …")] = None,
    bays: Annotated[
        list[str] | None, typer.Option("--bay", metavar="ID", help="A bay that is in sight; default: any.")
    ] = None,
    interval_s: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between frames.")] = 60.0,
    draw: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for its picture with the plan on it.")
    ] = None,
) -> None:
    """Add a camera: look through it once, find out how it sees the bays, and tell how large each place is in it.

    A camera that cannot be reached, or that shows no picture, is not added, and the sentence says why. One that shows
    no bay for sure is added without calibration: give it one with `shelfstream calibrate`, or points by hand.
    """
    catalogue, store = catalogue_of(folder)
    taken = {each.id for each in catalogue.cameras.values()}
    new_id = camera_id or next(f"cam-{number}" for number in range(1, len(taken) + 2) if f"cam-{number}" not in taken)
    faults = [Fault("camera", what) for what in url_faults(url)]
    if new_id in taken:
        faults.append(Fault("--id", f"there is a camera {new_id} already"))
    known = {bay.id for bay in catalogue.bays.values()}
    faults += [Fault("--bay", f"there is no bay {bay}") for bay in bays or [] if bay not in known]
    if faults:
        raise Faults("camera", faults)
    new = Camera(store=store.id, id=new_id, url=url, interval_s=interval_s)
    jpeg = frame_of_camera(new, IngestSettings(), os.environ, SystemClock())
    write_cameras([*catalogue.cameras.values(), new], folder)
    detecting = StoreDetector.open(folder, console)
    image = detecting.detector.open_jpeg(jpeg)
    size_wh = (image.shape[1], image.shape[0])
    proposals = detecting.propose(bays or sorted(known), detecting.see(image), size_wh)
    if not settle(detecting, new, image, proposals, draw, write=True):
        console.print(f"camera {new_id} is added without calibration", style="yellow")
        raise typer.Exit(1)
    after, _ = catalogue_of(folder)
    console.print(_visibility(after, after.cameras[store.id, new_id], size_wh))


def _visibility(catalogue: Catalogue, seen_by: Camera, size_wh: tuple[int, int]) -> Table:
    """How large a facing of each place is in the picture, and which places are not whole in it."""
    table = Table("place", "product", "facing", "found, of such", "", title=f"camera {seen_by.id}", box=None)
    for place in places_in_sight(catalogue, seen_by, size_wh):
        notes = [] if place.whole else ["not whole in the picture"]
        if place.small:
            notes.append("small: move or zoom the camera")
        table.add_row(place.slot, place.product, f"{place.facing_px:.0f} px", f"{place.recall:.0%}", ", ".join(notes))
    return table
