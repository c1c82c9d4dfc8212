"""``shelfstream detect``: facings and gaps of pictures, drawn or as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from detector.contract import FacingKind, Facings
from detector.seeing import Detector, open_detector
from detector.settings import DetectorSettings
from shelfstream.errors import Fault, Faults, InvalidMessage

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_COLOURS = {FacingKind.FACING: (80, 200, 40), FacingKind.GAP: (40, 40, 230)}
_FAINT = 0.5

app = typer.Typer()


@app.command("detect")
def detect(
    source: Annotated[Path, typer.Argument(help="A picture (JPEG or PNG), or a folder of pictures.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the pictures with boxes drawn on them.")] = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per picture and nothing else.")
    ] = False,
    min_score: Annotated[float, typer.Option(min=0.01, max=0.99, help="Leave out what is less likely.")] = 0.35,
) -> None:
    """Find facings and gaps in pictures: green for a facing, red for a gap, thin where it is not sure."""
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    pictures = _pictures(source)
    detector = open_detector(DetectorSettings(min_score=min_score))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    for picture in track(pictures, "looking", console=errors, disable=len(pictures) < 2):
        try:
            image, facings = _see(detector, picture)
        except InvalidMessage as exc:
            errors.print(f"{picture}: {exc.reason}", style="red", markup=False)
            continue
        if out is not None:
            cv2.imwrite(str(out / f"{picture.stem}.jpg"), drawn(image, facings))
        told = json.dumps(_as_json(picture, facings, detector.model)) if as_json else _told(picture, facings)
        console.print(told, markup=False, soft_wrap=True)


def _pictures(source: Path) -> list[Path]:
    if source.is_dir():
        found = sorted(path for path in source.rglob("*") if path.suffix.lower() in _SUFFIXES)
        if not found:
            raise Faults("detect", [Fault(str(source), "holds no JPEG or PNG pictures")])
        return found
    if not source.is_file():
        raise Faults("detect", [Fault(str(source), "is not there")])
    return [source]


def _see(detector: Detector, picture: Path) -> tuple[NDArray[np.uint8], Facings]:
    try:
        data = picture.read_bytes()
    except OSError as exc:
        raise InvalidMessage(f"cannot be read: {exc.strerror}") from exc
    image = detector.open_photograph(data)
    return image, detector.see(image)


def drawn(image_bgr: NDArray[np.uint8], facings: Facings) -> NDArray[np.uint8]:
    """The picture with every box on it."""
    canvas = image_bgr.copy()
    thick = max(1, round(max(canvas.shape) / 700))
    for box, score, kind in zip(facings.boxes_xyxy, facings.scores, facings.kinds, strict=True):
        left, top, right, bottom = (int(edge) for edge in np.round(box))
        colour = _COLOURS.get(FacingKind(int(kind)), (255, 255, 255))
        cv2.rectangle(canvas, (left, top), (right, bottom), colour, thick if score >= _FAINT else 1)
    return canvas


def _told(picture: Path, facings: Facings) -> str:
    sure = facings.select(facings.scores >= _FAINT)
    counts = {kind: len(sure.of_kind(kind)) for kind in _COLOURS}
    facing_count, gap_count = counts[FacingKind.FACING], counts[FacingKind.GAP]
    return f"{picture}: {facing_count} facings, {gap_count} gaps ({len(facings)} boxes with the unsure)"


def _as_json(picture: Path, facings: Facings, model: str) -> dict[str, Any]:
    return {
        "picture": str(picture),
        "model": model,
        "things": list(_things(facings)),
    }


def _things(facings: Facings) -> Iterator[dict[str, Any]]:
    for box, score, kind in zip(facings.boxes_xyxy, facings.scores, facings.kinds, strict=True):
        yield {
            "kind": FacingKind(int(kind)).name.lower(),
            "score": round(float(score), 3),
            "box_xyxy": [round(float(edge), 1) for edge in box],
        }
