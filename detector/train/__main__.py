"""``python -m detector.train``: learn from rendered scenes, resumable, and leave the weights with notes on the run."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from safetensors.torch import load_file

from detector.model.shelfnet import (
    SIZES,
    ShelfNet,
    begin_from,
    save_weights,
    shelfnet_for_training,
    shelfnet_from,
    size_of,
)
from detector.train.batches import Batch, TrainingPictures, batches
from detector.train.coco_pictures import all_photographs
from detector.train.labelled import scene_labels
from detector.train.trainer import Pace, Trainer, resume, save_checkpoint
from shelfstream.errors import Fault, Faults

_NAME = "run.json"

WEIGHTS_NAME = "weights.safetensors"
_CHECKPOINT_EVERY_S = 120.0
_SMOOTHING = 0.02


class RunNotes(BaseModel):
    """Seed, length and data of a run; ``began_with`` is the weights file of an earlier run, if it began with one,
    ``photographs`` the names of the folders of labelled photographs, ``teacher`` the weights that taught it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    steps: int
    batch: int
    minutes: float
    scenes: int
    schedule_steps: int
    schedule_minutes: float
    began_with: str = ""
    photographs: tuple[str, ...] = ()
    size: str = "edge"
    teacher: str = ""


def write_notes(notes: RunNotes, folder: Path) -> None:
    """Put the notes beside the weights."""
    (folder / _NAME).write_text(notes.model_dump_json(indent=2) + "\n")


def read_notes(folder: Path) -> RunNotes:
    """The notes of the run that left its weights in ``folder``."""
    return RunNotes.model_validate_json((folder / _NAME).read_text())


@dataclass(frozen=True)
class Recipe:
    """What a run is told; with the scenes it decides the result."""

    scenes: Path
    out: Path
    steps: int
    minutes: float
    seed: int
    batch: int
    threads: int
    workers: int
    begin_with: Path | None = None
    photographs: tuple[Path, ...] = ()
    photograph_share: float = 0.1
    size: str = "edge"
    teacher: Path | None = None


def run(recipe: Recipe, console: Console) -> None:
    """Train on the recipe's scenes and photographs, as ``learn`` does."""
    photographs = all_photographs(recipe.photographs)
    learn(recipe, TrainingPictures(recipe.scenes, photographs, recipe.photograph_share), console)


def learn(recipe: Recipe, pictures: TrainingPictures, console: Console) -> None:
    """Train until the steps or the minutes are used up; a folder with a checkpoint is taken up where it stopped."""
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    recipe.out.mkdir(parents=True, exist_ok=True)
    scene_labels(recipe.scenes)
    teacher = None if recipe.teacher is None else shelfnet_from(recipe.teacher)
    trainer = Trainer(_beginning(recipe), Pace(recipe.steps, recipe.minutes), teacher)
    if resume(trainer, recipe.out):
        console.print(f"going on at step {trainer.step}", highlight=False)
    stream = batches(pictures, seed=recipe.seed + trainer.step, size=recipe.batch, workers=recipe.workers)
    _work(trainer, stream, recipe, console)
    keep(trainer, recipe)
    console.print(f"{recipe.out / WEIGHTS_NAME}: {trainer.step} steps in {trainer.minutes:.1f} minutes")


def _beginning(recipe: Recipe) -> ShelfNet:
    size = SIZES[recipe.size]
    network = shelfnet_for_training(size)
    if recipe.begin_with is not None:
        weights = load_file(recipe.begin_with)
        if size_of(weights) != size:
            raise Faults("training", [Fault(str(recipe.begin_with), f"are no weights of the size {recipe.size}")])
        begin_from(network, weights)
    return network


def keep(trainer: Trainer, recipe: Recipe) -> None:
    """Write checkpoint, averaged weights and notes of the run so far."""
    save_checkpoint(trainer, recipe.out)
    save_weights(trainer.average.network, recipe.out / WEIGHTS_NAME)
    notes = RunNotes(
        seed=recipe.seed,
        steps=trainer.step,
        batch=recipe.batch,
        minutes=round(trainer.minutes, 1),
        scenes=len(scene_labels(recipe.scenes)),
        schedule_steps=recipe.steps,
        schedule_minutes=recipe.minutes,
        photographs=tuple(folder.name for folder in recipe.photographs),
        began_with="" if recipe.begin_with is None else str(recipe.begin_with),
        size=recipe.size,
        teacher="" if recipe.teacher is None else recipe.teacher.name,
    )
    write_notes(notes, recipe.out)


def _work(trainer: Trainer, stream: Iterator[Batch], recipe: Recipe, console: Console) -> None:
    kept_s = time.monotonic()
    shown: dict[str, float] = {}
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, console=console, refresh_per_second=0.2) as bar:
        task = bar.add_task("training", total=recipe.steps, completed=trainer.step, told="")
        while trainer.progress < 1:
            losses = trainer.learn(next(stream))
            for name, loss in losses._asdict().items():
                shown[name] = shown.get(name, float(loss)) * (1 - _SMOOTHING) + float(loss) * _SMOOTHING
            message = " ".join(f"{name} {value:.3f}" for name, value in shown.items())
            bar.update(task, completed=trainer.step, told=message)
            if time.monotonic() - kept_s > _CHECKPOINT_EVERY_S:
                kept_s = time.monotonic()
                keep(trainer, recipe)
                console.print(f"step {trainer.step}, {trainer.minutes:.1f} min: {message}", highlight=False)


def main(
    scenes: Annotated[Path, typer.Option(help="Folder of scenes, made by: shelfstream simulate scenes")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoint and weights; an unfinished run goes on")],
    *,
    steps: Annotated[int, typer.Option(min=1, help="Batches to learn from")] = 4500,
    minutes: Annotated[float, typer.Option(min=0.01, help="At most so long")] = 45.0,
    seed: Annotated[int, typer.Option(help="Seed of weights and crops")] = 1,
    batch: Annotated[int, typer.Option(min=1, help="Crops per step")] = 8,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the network")] = 2,
    workers: Annotated[int, typer.Option(min=0, help="Processes that cut crops")] = 1,
    begin_with: Annotated[Path | None, typer.Option(help="Weights of an earlier run to begin with")] = None,
    photographs: Annotated[
        list[Path] | None, typer.Option(help="Folder of labelled photographs (COCO annotations.json); may be repeated")
    ] = None,
    photograph_share: Annotated[float, typer.Option(min=0, max=1, help="Share of crops from photographs")] = 0.1,
    size: Annotated[str, typer.Option(help="edge, or server: larger, for a GPU or to teach the other")] = "edge",
    teacher: Annotated[
        Path | None, typer.Option(help="Weights (.safetensors) of a larger network to learn from as well")
    ] = None,
) -> None:
    """Train the detector on rendered scenes."""
    if size not in SIZES:
        raise Faults("training", [Fault("--size", f"is one of {', '.join(SIZES)}")])
    # The whole process computes so from here on, which is this command's to decide: random weights are 35 times slower
    # while their smallest numbers are kept.
    torch.set_flush_denormal(True)
    recipe = Recipe(
        scenes,
        out,
        steps,
        minutes,
        seed,
        batch,
        threads,
        workers,
        begin_with,
        tuple(photographs or ()),
        photograph_share,
        size,
        teacher,
    )
    run(recipe, Console())


if __name__ == "__main__":
    typer.run(main)
