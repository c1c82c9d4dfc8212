"""A model's figures on one labelled folder, as rows of a table and as a plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from detector.evaluate.found import WORKING_SCORE
from detector.evaluate.precision import Judged, PrecisionFigures, average_precision, gap_figures


@dataclass(frozen=True)
class Report:
    """``figures`` by name, in the order in which they are to be told."""

    figures: dict[str, float]
    precision: PrecisionFigures


def facings_report(pictures: Sequence[Judged]) -> Report:
    """Precision, recall and counting."""
    precision = average_precision(pictures)
    figures = {
        "AP": precision.ap,
        "AP50": precision.ap50,
        "AP75": precision.ap75,
        "AR300": precision.ar300,
        "AR1000": precision.ar1000,
        **{f"AP {name}": value for name, value in precision.by_size.items()},
        "counting error": counting_error(pictures),
    }
    return Report(figures, precision)


def gaps_report(pictures: Sequence[Judged]) -> Report:
    """Gaps by area, at the working score and at others; boxes beside."""
    precision = average_precision(pictures)
    figures: dict[str, float] = {}
    for score in (WORKING_SCORE, 0.3, 0.7):
        gaps = gap_figures(pictures, score)
        figures[f"hit rate at {score:g}"] = gaps.hit_rate
        figures[f"false gaps a picture at {score:g}"] = gaps.false_per_picture
    return Report({**figures, "AP50 of boxes": precision.ap50}, precision)


def counting_error(pictures: Sequence[Judged]) -> float:
    """Mean of |found − there| / there, of what has a score of 0.5 or more."""
    errors = [
        abs(int((picture.scores >= WORKING_SCORE).sum()) - len(picture.truth_xyxy)) / len(picture.truth_xyxy)
        for picture in pictures
        if len(picture.truth_xyxy)
    ]
    return float(np.mean(errors)) if errors else 0.0


def plot(report: Report, title: str, path: Path) -> None:
    """Write precision over recall at IoU 0.5 as a picture."""
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(np.linspace(0, 1, len(report.precision.curve)), report.precision.curve)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision at IoU 0.5")
    axes.set_title(f"{title}: AP50 {report.precision.ap50:.3f}")
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, dpi=120)
