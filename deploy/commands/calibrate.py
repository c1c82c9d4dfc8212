"""``shelfstream calibrate``: how a camera sees its bays, found out from the products that it recognises."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from analytics.photographs.verdict import Proposal
from deploy.overlay import AMBER, GREEN, RED, drawn_plan, write_drawing
from deploy.runtime.store_detector import StoreDetector
from ingest.one_frame import frame_of_camera, frame_of_file
from ingest.settings import IngestSettings
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.write import write_cameras
from shelfstream.catalogue.model import Camera
from shelfstream.clock import SystemClock
from shelfstream.errors import Fault, Faults

_LEAST = 4

app = typer.Typer()
console = Console(highlight=False, soft_wrap=True)


@app.command("calibrate")
def calibrate(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The catalogue's folder, of one store.")],
    camera_id: Annotated[
        str | None, typer.Option("--camera", metavar="ID", help="Only this camera; default: all that have a URL.")
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Look at this picture, not through the camera."),
    ] = None,
    bays: Annotated[
        list[str] | None,
        typer.Option("--bay", metavar="ID", help="A bay that may be in sight; default: those of before, or any."),
    ] = None,
    draw: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for pictures with the plan laid over them.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
) -> None:
    """Lay the plan over a camera's picture by the products seen in it, and write the points into `cameras.yaml`.

    It takes a plan (`shelfstream planogram import`) and a packshot of each product. What is not sure is not written,
    and the sentence says why: another bay, a plan that is not what stands there, too few products recognised. Without
    a camera yet, `--picture` adds one for that picture.
    """
    store = StoreDetector.open(folder, console)
    known = [bay.id for bay in store.catalogue.bays.values()]
    chosen = _known_bays(bays or known, known)
    settings, clock, failed = IngestSettings(), SystemClock(), 0
    for camera in _cameras(store, camera_id, picture):
        jpeg = frame_of_file(picture, settings) if picture else frame_of_camera(camera, settings, os.environ, clock)
        image = store.detector.open_jpeg(jpeg)
        seen_before = [calibration.bay for calibration in camera.calibrations]
        candidates = chosen if bays or not seen_before else seen_before
        proposals = store.propose(candidates, store.see(image), (image.shape[1], image.shape[0]))
        failed += not settle(store, camera, image, proposals, draw, write=not dry_run)
        store = StoreDetector.open(folder, console) if not dry_run and len(store.catalogue.cameras) > 1 else store
    if failed:
        raise typer.Exit(1)


def _known_bays(bays: Sequence[str], known: Sequence[str]) -> list[str]:
    unknown = [Fault("--bay", f"there is no bay {bay}; there are {', '.join(sorted(known))}") for bay in bays
               if bay not in known]  # fmt: skip
    if unknown:
        raise Faults("calibrate", unknown)
    if not bays:
        raise Faults("calibrate", [Fault("bays.yaml", "there is no bay: shelfstream planogram import writes one")])
    return list(bays)


def _cameras(store: StoreDetector, camera_id: str | None, picture: Path | None) -> list[Camera]:
    """The cameras that are meant; a new one for a picture that belongs to none."""
    cameras = {camera.id: camera for camera in store.catalogue.cameras.values()}
    if camera_id is not None and camera_id in cameras:
        return [cameras[camera_id]]
    if picture is not None and (camera_id is not None or not cameras):
        url = str(picture.resolve())
        return [Camera(store=store.store.id, id=camera_id or "photograph", name=picture.name, url=url, interval_s=60)]
    if camera_id is not None or not cameras:
        what = f"there is no camera {camera_id}" if camera_id else "there is no camera"
        there = f"; there are {', '.join(sorted(cameras))}" if cameras else ""
        raise Faults("calibrate", [Fault("--camera", f"{what}{there}; --picture adds one for a picture")])
    if picture is not None and len(cameras) > 1:
        raise Faults("calibrate", [Fault("--camera", f"say whose picture it is: {', '.join(sorted(cameras))}")])
    return list(cameras.values())


def settle(
    store: StoreDetector,
    camera: Camera,
    image: NDArray[np.uint8],
    proposals: Sequence[Proposal],
    draw: Path | None,
    *,
    write: bool,
) -> bool:
    """Tell what was found, draw it, and write what is sure. Whether anything was."""
    sure = [proposal for proposal in proposals if proposal.sure]
    _tell(camera, proposals)
    replaced = {proposal.bay for proposal in sure}
    kept = [each for each in camera.calibrations if each.bay not in replaced]
    found = [proposal.calibration() for proposal in sure]
    if draw is not None:
        write_drawing(draw / f"{camera.id}.jpg", _drawing(store.catalogue, camera, image, proposals))
    if not sure:
        return False
    if write:
        cameras = {each.id: each for each in store.catalogue.cameras.values()}
        cameras[camera.id] = camera.model_copy(update={"calibrations": (*kept, *found)})
        write_cameras(cameras.values(), store.path)
        console.print(f"{store.path / 'cameras.yaml'}: {len(found)} calibrations of camera {camera.id} written")
    return True


def _tell(camera: Camera, proposals: Sequence[Proposal]) -> None:
    table = Table("bay", "confirmed", "contradicted", "residual", "evidence", "", title=f"camera {camera.id}", box=None)
    for each in proposals:
        residual = f"{each.residual_mm:.0f} mm" if each.image_from_bay is not None else ""
        evidence = _evidence_of(each) if each.image_from_bay is not None else ""
        said = "sure" if each.sure else f"not sure: {each.why}"
        table.add_row(each.bay, str(len(each.confirmed)), str(len(each.contradicted)), residual, evidence, said)
    console.print(table)
    for each in proposals:
        if each.sure and each.contradicted:
            console.print(f"  another product than planned in {', '.join(each.contradicted)}")


def _evidence_of(proposal: Proposal) -> str:
    ahead = f", {proposal.margin:.0f} ahead" if np.isfinite(proposal.margin) else ""
    return f"{proposal.evidence:.0f}{ahead}"


def _drawing(
    catalogue: Catalogue, camera: Camera, image: NDArray[np.uint8], proposals: Sequence[Proposal]
) -> NDArray[np.uint8]:
    """The plan as the best proposals lay it: green where confirmed, red where another product stands, else amber."""
    shown = [each for each in proposals if each.sure] or [each for each in proposals[:1] if each.points]
    calibrations = tuple(each.calibration() for each in shown if len(each.points) >= _LEAST)
    bays = {each.bay for each in shown}
    colours = {slot.id: AMBER for slot in catalogue.slots.values() if slot.bay in bays}
    for each in shown:
        colours |= dict.fromkeys(each.confirmed, GREEN) | dict.fromkeys(each.contradicted, RED)
    return drawn_plan(image, catalogue, camera.model_copy(update={"calibrations": calibrations}), colours)
