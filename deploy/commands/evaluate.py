"""``shelfstream evaluate``: how well a model, or any list of finds, does on labelled photographs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from detector.contract import FacingKind
from detector.evaluate.data import coco_examples, coco_labels
from detector.evaluate.found import Category, judged_list
from detector.evaluate.looking import Looker
from detector.evaluate.precision import Judged
from detector.evaluate.report import Report, facings_report, gaps_report, plot

app = typer.Typer(help="Measure a model on photographs with labels.", no_args_is_help=True)

Folder = Annotated[
    Path, typer.Argument(help="Folder with annotations.json (COCO boxes) and its pictures.", file_okay=False)
]
Manifest = Annotated[Path | None, typer.Option(help="The model's manifest; the shipped one else.")]
Found = Annotated[Path | None, typer.Option(help="Judge this list (of: shelfstream detect --json) instead.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Write precision over recall as a PNG.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the figures as JSON.")]


@app.callback()
def evaluate() -> None:
    """Measure a model on photographs with labels."""


@app.command("facings")
def facings(
    folder: Folder, model: Manifest = None, found: Found = None, plot_path: Plot = None, json_path: Json = None
) -> None:
    """AP, AP50, AP75, AR with 300 and 1000 finds a picture, AP per size, and the counting error at score 0.5."""
    judged = _judged(folder, model, found, "facing")
    _tell(facings_report(judged), f"facings of {folder.name}", plot_path, json_path)


@app.command("gaps")
def gaps(
    folder: Folder, model: Manifest = None, found: Found = None, plot_path: Plot = None, json_path: Json = None
) -> None:
    """Gaps by area: a gap is hit when half of it is covered; a find is false when less than 30 % lies on a gap."""
    judged = _judged(folder, model, found, "gap")
    _tell(gaps_report(judged), f"gaps of {folder.name}", plot_path, json_path)


def _judged(folder: Path, manifest: Path | None, found: Path | None, category: Category) -> Sequence[Judged]:
    if found is not None:
        return judged_list(folder, found, category)
    looker = Looker() if manifest is None else Looker(manifest)
    kind = FacingKind[category.upper()]
    console = Console(stderr=True)
    pictures = track(coco_examples(folder), "looking", total=len(coco_labels(folder)), console=console)
    return looker.judge(pictures, kind)


def _tell(report: Report, title: str, plot_path: Path | None, json_path: Path | None) -> None:
    table = Table("figure", "value", title=title)
    for name, value in report.figures.items():
        table.add_row(name, f"{value:.3f}")
    Console().print(table)
    if plot_path is not None:
        plot(report, title, plot_path)
    if json_path is not None:
        json_path.write_text(json.dumps({name: round(value, 4) for name, value in report.figures.items()}, indent=2))
