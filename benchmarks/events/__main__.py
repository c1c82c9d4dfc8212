"""How often events are right and how soon, on simulated stores: ``python -m benchmarks.events --help``."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.events.difficulty import Difficulty, Level, difficulty_of
from benchmarks.events.noise import Noise, perfect, read_noise
from benchmarks.events.plain_events import write_rows
from benchmarks.events.report import seeds_of, write_json, write_report
from benchmarks.events.run import Planned, Ran, plan_of, run_facings, run_pixels, tallied
from benchmarks.events.score import Figures, table_of
from benchmarks.events.systems import SYSTEMS

_FACINGS_CAMERA_DAYS = 100


class Eyes(StrEnum):
    """Whose errors facings mode draws."""

    SHIPPED = "shipped"
    PERFECT = "perfect"


class Mode(StrEnum):
    """Where facings come from."""

    FACINGS = "facings"
    PIXELS = "pixels"


def main(
    *,
    mode: Annotated[
        Mode, typer.Option(help="facings: made from the truth and measured errors; pixels: rendered.")
    ] = Mode.FACINGS,
    seeds: Annotated[str, typer.Option(help="Which stores, as 1,2,3.")] = "101,102,103",
    difficulty: Annotated[Level, typer.Option(help="See benchmarks/events/difficulty.toml.")] = Level.STANDARD,
    json: Annotated[Path | None, typer.Option(help="Write the figures here.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a page with plots into this folder.")] = None,
    eyes: Annotated[
        Eyes, typer.Option(help="shipped, or perfect: a detector that never errs (facings mode).")
    ] = Eyes.SHIPPED,
    camera_days: Annotated[int, typer.Option(help="At least so many in facings mode.")] = _FACINGS_CAMERA_DAYS,
    keep: Annotated[Path | None, typer.Option(help="Keep truth and events as plain files in this folder.")] = None,
    workers: Annotated[int, typer.Option(help="Processes side by side.")] = min(2, os.cpu_count() or 1),
) -> None:
    """Run, score and tell."""
    try:
        chosen = seeds_of(seeds)
    except ValueError as exc:
        raise typer.BadParameter(str(exc), param_hint="--seeds") from exc
    level = difficulty_of(difficulty)
    noise = perfect() if eyes is Eyes.PERFECT else read_noise()
    if mode is Mode.FACINGS:
        planned = plan_of(chosen, level, camera_days)
        job: Callable[[Planned], Ran] = partial(run_facings, difficulty=level, noise=noise, systems=SYSTEMS)
    else:
        planned, workers = [Planned(seed, 0, 1) for seed in chosen], 1
        job = partial(run_pixels, difficulty=level, systems=SYSTEMS)
    console = Console()
    runs = list(_run_all(job, planned, workers, console))
    tallies = tallied(runs)
    about = {"mode": mode.value, "difficulty": difficulty.value, "seeds": seeds, "eyes": _eyes(mode, noise, level)}
    _tell(console, runs, {name: Figures.of(tally) for name, tally in tallies.items()})
    if json is not None:
        write_json(json, about, tallies)
    if report is not None:
        console.print(f"{write_report(report, about, tallies)}")
    if keep is not None:
        _keep(keep, runs)


def _eyes(mode: Mode, noise: Noise, level: Difficulty) -> str:
    return noise.model if mode is Mode.FACINGS else f"pixels, a frame every {level.frame_every_s:g} s"


def _run_all(
    job: Callable[[Planned], Ran], planned: Sequence[Planned], workers: int, console: Console
) -> Iterator[Ran]:
    bar = Progress(
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    with bar, ProcessPoolExecutor(workers, initializer=_quiet) as pool:
        task = bar.add_task("stores", total=len(planned))
        done: dict[str, Ran] = {}
        for future in as_completed([pool.submit(job, each) for each in planned]):
            ran = future.result()
            done[ran.name] = ran
            bar.advance(task)
    # In the order of the plan, whichever was done first: the same seeds give the same report.
    yield from (done[each.name] for each in planned)


def _quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))


def _tell(console: Console, runs: Sequence[Ran], figures: dict[str, Figures]) -> None:
    first = next(iter(figures.values()))
    console.print(f"{first.true_episodes} episodes on {first.camera_days} camera-days in {len(runs)} runs")
    console.print(table_of(figures))


def _keep(folder: Path, runs: Sequence[Ran]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "truth.jsonl", (row for run in runs for row in run.truth))
    for name in runs[0].told:
        write_rows(folder / f"{name}.jsonl", (row for run in runs for row in run.told[name]))


if __name__ == "__main__":
    typer.run(main)
