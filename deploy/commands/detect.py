"""``shelfstream detect``: facings and gaps of pictures, told, drawn, or as a list for other programs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from deploy.overlay import drawn_facings, write_drawing
from detector.contract import UNKNOWN_PRODUCT, FacingKind, Facings
from detector.jpeg import read_photograph
from detector.masks import Masks
from detector.pipeline import open_detector
from detector.settings import DetectorSettings
from shelfstream.errors import Fault, Faults, InvalidMessage
from shelfstream.identifiers import shown_name

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_SURE = 0.5
_LEAST_DRAWN = 0.35
_LEAST_LISTED = 0.01
_MOST_LISTED = 1000

app = typer.Typer()


@app.command("detect")
def detect(
    sources: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Pictures (JPEG, PNG) or folders of them.")],
    draw: Annotated[Path | None, typer.Option(help="Folder for the pictures with boxes drawn on them.")] = None,
    *,
    json_path: Annotated[
        Path | None,
        typer.Option("--json", help="File for one list of everything found, as COCO results with products."),
    ] = None,
    min_score: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="Draw and count nothing less likely.")
    ] = _LEAST_DRAWN,
) -> None:
    """Find facings and gaps in pictures: green for a facing, red for a gap, thin where it is not sure.

    The file of `--json` holds up to 1000 things a picture, down to a score of 0.01, with `file_name` as it was found
    below the folder that was named, `bbox` as x, y, width, height in pixels and the mask as COCO run lengths.
    """
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False, soft_wrap=True)
    pictures = [found for source in sources for found in _pictures(source)]
    _check_outputs(draw, json_path)
    least = _LEAST_LISTED if json_path is not None else min_score
    detector = open_detector(DetectorSettings(min_score=least))
    listed: list[dict[str, Any]] = []
    refused = 0
    for path, name in track(pictures, "looking", console=errors, disable=len(pictures) < 2):
        try:
            image = read_photograph(path)
        except InvalidMessage as exc:
            refused += 1
            errors.print(f"{path}: {exc.reason}", style="red", markup=False)
            continue
        if json_path is None:
            facings = detector.see(image)
        else:
            facings, masks = detector.see_with_masks(image)
            listed += _records(name, facings, masks)
        likely = facings.select(facings.scores >= min_score)
        if draw is not None:
            write_drawing(draw / f"{Path(name).with_suffix('')}.jpg", drawn_facings(image, likely, _SURE))
        console.print(_lines_of(path, likely), markup=False, soft_wrap=True)
    if json_path is not None:
        json_path.write_text(json.dumps(listed))
    if refused:
        errors.print(f"{refused} of {len(pictures)} pictures could not be read", style="red")
        raise typer.Exit(1)


def _pictures(source: Path) -> list[tuple[Path, str]]:
    """Pictures with the names that they go by: their path below the folder that was named."""
    if source.is_dir():
        found = sorted(path for path in source.rglob("*") if path.suffix.lower() in _SUFFIXES)
        if not found:
            raise Faults("detect", [Fault(str(source), "holds no JPEG or PNG pictures")])
        return [(path, path.relative_to(source).as_posix()) for path in found]
    if not source.is_file():
        raise Faults("detect", [Fault(str(source), "is not there")])
    return [(source, source.name)]


def _check_outputs(draw: Path | None, json_path: Path | None) -> None:
    """Say what cannot be written before the first picture is looked at."""
    if json_path is not None and not json_path.absolute().parent.is_dir():
        raise Faults("detect", [Fault(str(json_path), "the folder for it is not there")])
    if draw is not None:
        try:
            draw.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise Faults("detect", [Fault(str(draw), f"cannot be made: {exc.strerror}")]) from exc


def _lines_of(picture: Path, facings: Facings) -> str:
    sure = facings.select(facings.scores >= _SURE)
    counts = {kind: len(sure.of_kind(kind)) for kind in FacingKind}
    facing_count, gap_count = counts[FacingKind.FACING], counts[FacingKind.GAP]
    return f"{picture}: {facing_count} facings, {gap_count} gaps ({len(facings)} boxes with the unsure)"


def _records(name: str, facings: Facings, masks: Masks) -> Iterator[dict[str, Any]]:
    width, height = masks.size_wh
    for row in range(min(len(facings), _MOST_LISTED)):
        left, top, right, bottom = (float(edge) for edge in facings.boxes_xyxy[row])
        yield {
            "file_name": shown_name(name),
            "category": FacingKind(int(facings.kinds[row])).name.lower(),
            "bbox": [round(edge, 1) for edge in (left, top, right - left, bottom - top)],
            "score": round(float(facings.scores[row]), 4),
            "segmentation": {"size": [height, width], "counts": masks.counts(row)},
            "products": list(_products(facings, row)),
        }


def _products(facings: Facings, row: int) -> Iterator[dict[str, Any]]:
    for candidate, chance in zip(facings.candidates[row], facings.candidate_scores[row], strict=True):
        if candidate != UNKNOWN_PRODUCT:
            yield {"gtin": facings.gtins[candidate], "score": round(float(chance), 4)}
