"""``shelfstream teach``: a store's own pictures make its model better, and nothing leaves the store."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from deploy.runtime.collecting import Collecting
from deploy.runtime.open import open_engine, settings_here
from detector.manifest import SHIPPED, read_manifest
from detector.releases.folder import ReleaseFolder, ReleaseState
from detector.releases.trial import CameraTrial, by_camera, comparisons_of
from detector.releases.verdict import FigurePair, objections
from detector.train.teaching.judge import FIGURES
from detector.train.teaching.teach import REPORT, TeachRecipe, TeachReport, teach
from shelfstream.errors import Fault, Faults, Unavailable

_NICE = 10
_HELP = """Make the model better with pictures of your own shelves, on your own machine.

Label some pictures (any tool that writes COCO will do), then `teach train`, `teach propose`, watch `teach status` for a
while, `teach accept`; `teach rollback` takes it back. Detectors whose SHELFSTREAM_DETECTOR__MODELS names the folder
follow without a restart.
"""

app = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode="markdown")
console = Console(highlight=False, soft_wrap=True)
Models = Annotated[Path, typer.Option(file_okay=False, help="Folder of models that the detectors follow.")]


@app.command("collect")
def collect(
    out: Annotated[
        Path, typer.Option(file_okay=False, help="Folder for the pictures, which the console's page shows.")
    ],
    *,
    catalogue: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Catalogue folder of one store: its cameras.")
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Or: a folder of pictures to choose from.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="At most so many pictures.")] = 10,
    rounds: Annotated[int, typer.Option(min=1, help="So many looks through every camera.")] = 3,
    every_minutes: Annotated[float, typer.Option(min=0, help="Between two rounds: goods must have moved.")] = 30.0,
    answers: Annotated[
        bool, typer.Option(help="Prefer cameras at whose places staff said not empty or wrong product (needs SQL).")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="Decides which are taken at random.")] = 1,
) -> None:
    """Choose pictures that are worth labelling, with the model's boxes in them to be corrected.

    Those come first in which the model is unsure, whose cameras disagree about a place, or at whose places staff said
    that an alert was wrong; one in five is taken at random, so that the judgement stays fair.
    """
    if (catalogue is None) == (frames is None):
        raise Faults("teach collect", [Fault("--catalogue, --frames", "name one of them: where pictures come from")])
    if catalogue is not None:
        collecting = Collecting.of_store(catalogue, console)
        if answers:
            _hear(collecting)
    elif frames is not None:
        collecting = Collecting.of_frames(frames)
    for number in range(1 if frames is not None else rounds):
        if number:
            time.sleep(every_minutes * 60)
        collecting.look(console)
    taken = collecting.choose(count, seed)
    collecting.write(out, taken)
    for each in taken:
        console.print(f"{each.name}: {each.why}", markup=False)
    console.print(f"{len(taken)} pictures are in {out}; label them on the console's page (console.teaching_folder)")


@app.command("train")
def train(
    pictures: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Folder of labelled pictures: COCO, splits, polygons.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for the run; an unfinished one there goes on.")],
    *,
    minutes: Annotated[
        float, typer.Option(min=0.01, help="To learn for so long, beside rendering and judging.")
    ] = 14.0,
    base: Annotated[Path, typer.Option(dir_okay=False, help="Manifest of the model to begin with.")] = SHIPPED,
    meant: Annotated[
        list[str] | None,
        typer.Option(
            "--as", metavar="NAME=KIND", help="What a category is: facing, gap, tag, occluder, ignore; * all."
        ),
    ] = None,
    aside: Annotated[float, typer.Option(min=0.05, max=0.9, help="Share of the pictures that judge.")] = 1 / 3,
    scenes: Annotated[int, typer.Option(min=10, help="Rendered scenes beside the pictures.")] = 200,
    share: Annotated[float, typer.Option(min=0.05, max=0.95, help="Share of what is learned that is pictures.")] = 0.5,
    seed: Annotated[int, typer.Option(min=0, max=900, help="Seed of scenes, crops and their order.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Threads; one leaves room for a running store.")] = 1,
) -> None:
    """Learn from labelled pictures, and say before and after on those that were kept aside.

    Rendered scenes are mixed in, so that nothing is forgotten; a kind of thing that was not labelled in a picture is
    not taught as absent. The folder gets weights, manifest and report; the manifest may be named as
    SHELFSTREAM_DETECTOR__MANIFEST, or proposed.
    """
    recipe = TeachRecipe(
        pictures, out, base, minutes, seed, threads, scenes, share, aside, meant=_meanings(meant or [])
    )
    be_nice()
    manifest, report = teach(recipe, console)
    _tell(report)
    console.print(f"{manifest} is ready: shelfstream teach propose {manifest} --models FOLDER", markup=False)


@app.command("propose")
def propose(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `teach train` left.")],
    models: Models,
) -> None:
    """Let a model look at live frames beside the one in force; its answers are compared and not acted on."""
    taken = ReleaseFolder(models).propose(manifest)
    report = manifest.parent / REPORT
    if report.exists():
        (models / taken.model / REPORT).write_bytes(report.read_bytes())
    console.print(f"{taken.model} is on trial. `shelfstream teach status --models {models}` tells how it does.")


@app.command("status")
def status(models: Models) -> None:
    """Say what runs, what is tried, and how the one compares with the other."""
    folder = ReleaseFolder(models)
    state = folder.state()
    console.print(f"in force: {_named(state.current)}", markup=False)
    for each in reversed(state.history[:-1]):
        console.print(f"  before: {_named(each.model)}, until something else was accepted", markup=False)
    if not state.candidate:
        console.print("on trial: nothing")
        return
    console.print(f"on trial: {state.candidate}", markup=False)
    report = _report(models, state)
    if report is not None:
        _tell(report)
    live = by_camera(comparisons_of(models))
    _tell_live(live)
    for objection in objections(_pairs(report), live):
        console.print(f"  against it: {objection}", style="yellow", markup=False)


@app.command("accept")
def accept(
    models: Models,
    *,
    why: Annotated[str, typer.Option(help="A word for the record.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Whatever speaks against it.")] = False,
) -> None:
    """Take the model that is on trial, if it is better where it was judged and loses nowhere more than allowed."""
    folder = ReleaseFolder(models)
    state = folder.state()
    against = objections(_pairs(_report(models, state)), by_camera(comparisons_of(models))) if state.candidate else []
    if against and not force:
        raise Faults("teach accept", [Fault(state.candidate, objection) for objection in against])
    console.print(f"in force: {_named(folder.accept(datetime.now(UTC), why).current)}", markup=False)


@app.command("reject")
def reject(models: Models) -> None:
    """End the trial; what runs goes on."""
    console.print(f"in force: {_named(ReleaseFolder(models).reject().current)}", markup=False)


@app.command("rollback")
def rollback(models: Models) -> None:
    """What ran before the last `accept` runs again."""
    console.print(f"in force: {_named(ReleaseFolder(models).roll_back().current)}", markup=False)


def _hear(collecting: Collecting) -> None:
    """Take in what staff answered, where a database is; without one the choice is made by what is seen alone."""
    settings = settings_here()
    if settings.sql.url is None and not settings.process.data_folder.exists():
        console.print("No database is named, so staff's answers are not known.", style="yellow")
        return
    try:
        with open_engine(settings) as engine:
            collecting.hear(engine)
    except Unavailable as away:
        console.print(f"Staff's answers are not within reach: {away.what}", style="yellow", markup=False)


def be_nice() -> None:
    """A running store goes first."""
    os.nice(max(0, _NICE - os.nice(0)))


def _meanings(given: list[str]) -> dict[str, str]:
    kinds = ("facing", "gap", "tag", "occluder", "ignore")
    pairs = [each.rpartition("=") for each in given]
    wrong = [
        Fault("--as", f"{each} is not NAME=KIND with one of {', '.join(kinds)}")
        for each, (name, _, kind) in zip(given, pairs, strict=True)
        if not name or kind not in kinds
    ]
    if wrong:
        raise Faults("teach", wrong)
    return {name: kind for name, _, kind in pairs}


def _named(model: str) -> str:
    return model or f"the weights that ship ({read_manifest(SHIPPED).model}), or those that the settings name"


def _report(models: Path, state: ReleaseState) -> TeachReport | None:
    path = models / state.candidate / REPORT
    try:
        return TeachReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _pairs(report: TeachReport | None) -> dict[str, FigurePair]:
    figures = {} if report is None else report.figures
    return {name: FigurePair(each.before, each.after, FIGURES[name].more_is_better) for name, each in figures.items()}


def _tell(report: TeachReport) -> None:
    table = Table("on pictures kept aside", "before", "after", "change, 90 % interval", box=None)
    for name, each in report.figures.items():
        change = f"{each.change_low:+.3f} to {each.change_high:+.3f}"
        table.add_row(name, f"{each.before:.3f}", f"{each.after:.3f}", change)
    for camera, figures in report.cameras.items():
        for name, (before, after) in figures.items():
            table.add_row(f"  {camera}: {name}", f"{before:.3f}", f"{after:.3f}", "")
    console.print(table)
    if report.judged_on < 4:
        console.print(f"Judged on {report.judged_on} pictures: that is few; label more to be sure.", style="yellow")


def _tell_live(live: dict[tuple[str, str], CameraTrial]) -> None:
    if not live:
        console.print("No frame was compared yet: does a detector follow this folder (SHELFSTREAM_DETECTOR__MODELS)?")
        return
    table = Table("camera", "frames", "facings now", "candidate", "both", "gaps now", "candidate", "both", box=None)
    for (store, camera), seen in live.items():
        counts = (seen.facings_now, seen.facings_candidate, seen.facings_both)
        gaps = (seen.gaps_now, seen.gaps_candidate, seen.gaps_both)
        table.add_row(f"{store}/{camera}", *(str(each) for each in (seen.frames, *counts, *gaps)))
    console.print(table)
