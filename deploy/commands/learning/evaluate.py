"""``shelfstream evaluate``: how well a model, or any list of finds, does on labelled photographs."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from detector.contract import FacingKind
from detector.evaluate.classification import Classified, figures
from detector.evaluate.classification_report import write_classified
from detector.evaluate.coco import coco_labels
from detector.evaluate.data import check_photographs, coco_examples
from detector.evaluate.disturb import DISTURBANCES
from detector.evaluate.found import Looker, judged_list
from detector.evaluate.precision import Judged
from detector.evaluate.recognition import Queries, compared, fit_looks, unknown_auroc
from detector.evaluate.report import Report, facings_report, gaps_report, plot
from detector.recognise.classifier import open_classifier
from detector.recognise.labelled import examples_in
from detector.recognise.recogniser import SHIPPED_RECOGNISER, open_recogniser, read_card, write_card
from shelfstream.errors import Fault, Faults

app = typer.Typer(help="Measure a model on photographs with labels.", no_args_is_help=True)

Folder = Annotated[
    Path, typer.Argument(help="Folder with annotations.json (COCO boxes) and its pictures.", file_okay=False)
]
Manifest = Annotated[Path | None, typer.Option(help="The model's manifest; the shipped one else.")]
Names = Annotated[
    list[str] | None,
    typer.Option("--category", help="Name of a category of the file that counts, where it has several."),
]
Found = Annotated[Path | None, typer.Option(help="Judge this list (of: shelfstream detect --json) instead.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Write precision over recall as a PNG.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the figures as JSON.")]


@app.callback()
def evaluate() -> None:
    """Measure a model on photographs with labels."""


@app.command("facings")
def facings(
    folder: Folder,
    model: Manifest = None,
    found: Found = None,
    *,
    names: Names = None,
    plot_path: Plot = None,
    json_path: Json = None,
) -> None:
    """AP, AP50, AP75, AR with 300 and 1000 finds a picture, AP per size, and the counting error at score 0.5."""
    judged = _judged(folder, model, found, "facing", names or ())
    _report(facings_report(judged), f"facings of {folder.name}", plot_path, json_path)


@app.command("gaps")
def gaps(
    folder: Folder,
    model: Manifest = None,
    found: Found = None,
    *,
    names: Names = None,
    plot_path: Plot = None,
    json_path: Json = None,
) -> None:
    """Gaps by area: a gap is hit when half of it is covered; a find is false when less than 30 % lies on a gap."""
    judged = _judged(folder, model, found, "gap", names or ())
    _report(gaps_report(judged), f"gaps of {folder.name}", plot_path, json_path)


@app.command("recognition")
def recognition(
    folder: Annotated[Path, typer.Argument(help="A folder per product, or annotations.json (COCO).", file_okay=False)],
    gallery: Annotated[Path | None, typer.Option(help="The same of reference pictures; else: folder itself.")] = None,
    *,
    split: Annotated[str, typer.Option(help="The COCO file's split to judge.")] = "val",
    gallery_split: Annotated[str, typer.Option(help="The split that holds references.")] = "reference",
    model: Annotated[Path, typer.Option(help="The recogniser's manifest.")] = SHIPPED_RECOGNISER,
    seed: Annotated[int, typer.Option(help="Decides which third of the products is left out.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="Threads of the network; 0 lets the runtime choose.")] = 0,
    calibrate: Annotated[bool, typer.Option(help="Fit the chances on these and write them into the manifest.")] = False,
    json_path: Json = None,
) -> None:
    """Top-1, top-5, and how well pictures of a third of the products, left out of the gallery, are told as unknown."""
    recogniser = open_recogniser(model, threads=threads)
    progress = Console(stderr=True)
    references = track(examples_in(gallery or folder, gallery_split), "enrolling", console=progress)
    enrolled = recogniser.enrol((each.product, each.picture()) for each in references)
    asked = examples_in(folder, split)
    pictures = tuple(recogniser.see(each.picture()) for each in track(asked, "looking", console=progress))
    queries = Queries(pictures, tuple(each.product for each in asked))
    seen = compared(recogniser, enrolled, queries)
    if calibrate:
        write_card(read_card(model).model_copy(update={"fit": fit_looks(seen)}), model)
    auroc = unknown_auroc(recogniser, enrolled, queries, seed)
    _tell({"top-1": seen.top(1), "top-5": seen.top(5), "AUROC": auroc}, f"recognition in {folder.name}", json_path)


@app.command("classifier")
def classifier(
    folder: Annotated[Path, typer.Argument(help="A folder per product, or annotations.json (COCO).", file_okay=False)],
    model: Annotated[Path, typer.Option(help="Manifest that `train classifier` left.")],
    *,
    split: Annotated[str, typer.Option(help="The COCO file's split to judge.")] = "val",
    out: Annotated[
        Path | None, typer.Option(help="Folder for figures by product, confusion (PNG, CSV) and reliability.")
    ] = None,
    disturbed: Annotated[bool, typer.Option(help="Measure under occlusion, blur, light and rotation as well.")] = True,
    threads: Annotated[int, typer.Option(min=0, help="Threads of the network; 0 lets the runtime choose.")] = 0,
    json_path: Json = None,
) -> None:
    """Accuracy, top-5, precision and recall (macro, micro, by product), calibration, and how robust all that is."""
    judge = open_classifier(model, threads=threads)
    asked = [each for each in examples_in(folder, split) if each.product in judge.products]
    if not asked:
        raise Faults("evaluate", [Fault(str(folder), "shows none of the classifier's products")])
    labels = np.array([judge.products.index(each.product) for each in asked], np.intp)
    progress = Console(stderr=True)
    shown = (each.picture() for each in track(asked, "looking", console=progress))
    found = Classified(judge.chances(shown), labels, judge.products)
    values = dict(figures(found))
    if out is not None:
        write_classified(out, found)
    for name, disturb in DISTURBANCES.items() if disturbed else ():
        rng = np.random.default_rng(0)
        spoilt = (disturb(each.picture(), rng) for each in track(asked, name, console=progress))
        values[f"accuracy, {name}"] = Classified(judge.chances(spoilt), labels, judge.products).accuracy
    _tell(values, f"classifier on {folder.name}", json_path)


def _judged(
    folder: Path, manifest: Path | None, found: Path | None, category: str, names: Collection[str]
) -> Sequence[Judged]:
    kind = FacingKind[category.upper()]
    labels = coco_labels(folder, kind, names)
    check_photographs(folder, labels)
    if found is not None:
        return judged_list(folder, labels, found, category)
    looker = Looker() if manifest is None else Looker(manifest)
    console = Console(stderr=True)
    pictures = track(coco_examples(folder, labels), "looking", total=len(labels), console=console)
    return looker.judge(pictures, kind)


def _report(report: Report, title: str, plot_path: Path | None, json_path: Path | None) -> None:
    _tell(report.figures, title, json_path)
    if plot_path is not None:
        plot(report, title, plot_path)


def _tell(figures: Mapping[str, float], title: str, json_path: Path | None) -> None:
    table = Table("figure", "value", title=title)
    for name, value in figures.items():
        table.add_row(name, f"{value:.3f}")
    Console().print(table)
    if json_path is not None:
        json_path.write_text(json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=2))
