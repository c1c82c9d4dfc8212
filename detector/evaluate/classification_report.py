"""Files that tell of a classifier: figures by product, confusion as picture and table, reliability, curves."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure

from detector.evaluate.classification import (
    Classified,
    Confusion,
    figures,
    precision_and_recall,
    reliability_of,
)

_NAMED_UP_TO = 40


class EpochFigures(Protocol):
    """What is known of one epoch of training."""

    @property
    def loss(self) -> float: ...

    @property
    def accuracy(self) -> float: ...

    @property
    def validation_loss(self) -> float: ...


def write_classified(out: Path, classified: Classified) -> None:
    """Write ``report.json``, ``confusion.png``, ``confusion.csv`` and ``reliability.png``."""
    out.mkdir(parents=True, exist_ok=True)
    confusion = classified.confusion()
    precision, recall = precision_and_recall(confusion)
    rows = {
        product: {"precision": round(p, 4), "recall": round(r, 4), "pictures": int(shown)}
        for product, p, r, shown in zip(classified.products, precision, recall, confusion.sum(1), strict=True)
    }
    # The order of ``products`` is that of the network's outputs.
    rounded = {name: round(value, 4) for name, value in figures(classified).items()}
    summary = {**rounded, "products": rows, "confusion": confusion.tolist()}
    (out / "report.json").write_text(json.dumps(summary, indent=1) + "\n")
    _write_confusion(out / "confusion.csv", classified.products, confusion)
    _draw_confusion(out / "confusion.png", classified.products, confusion, classified.accuracy)
    _draw_reliability(out / "reliability.png", classified)


def write_curve(out: Path, epochs: Sequence[EpochFigures]) -> None:
    """Write ``curve.csv`` and ``curve.png``."""
    with (out / "curve.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "loss", "validation_loss", "accuracy"])
        writer.writerows(
            (number, epoch.loss, epoch.validation_loss, epoch.accuracy) for number, epoch in enumerate(epochs, 1)
        )
    figure = Figure(figsize=(7, 4), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    numbers = range(1, len(epochs) + 1)
    loss.plot(numbers, [epoch.loss for epoch in epochs], label="learning")
    loss.plot(numbers, [epoch.validation_loss for epoch in epochs], label="validation")
    loss.legend()
    accuracy.plot(numbers, [epoch.accuracy for epoch in epochs])
    loss.set(xlabel="epoch", ylabel="loss")
    accuracy.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1))
    figure.savefig(out / "curve.png", dpi=120)


def _write_confusion(path: Path, products: Sequence[str], confusion: Confusion) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["product \\ taken for", *products])
        writer.writerows([product, *counts] for product, counts in zip(products, confusion.tolist(), strict=True))


def _draw_confusion(path: Path, products: Sequence[str], confusion: Confusion, accuracy: float) -> None:
    figure = Figure(figsize=(9, 8), layout="constrained")
    axes = figure.subplots()
    shown = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    figure.colorbar(axes.imshow(shown, vmin=0, vmax=1, cmap="viridis"), label="share of the product's pictures")
    axes.set(xlabel="taken for", ylabel="product", title=f"accuracy {accuracy:.3f}")
    if len(products) <= _NAMED_UP_TO:
        axes.set_xticks(range(len(products)), products, rotation=90, fontsize=6)
        axes.set_yticks(range(len(products)), products, fontsize=6)
    figure.savefig(path, dpi=120)


def _draw_reliability(path: Path, classified: Classified) -> None:
    found = reliability_of(classified)
    filled = found.pictures > 0
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot(found.said[filled], found.right[filled], marker="o")
    axes.set(xlabel="chance as said", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"calibration error {found.error:.3f}, {int(found.pictures.sum())} pictures")
    figure.savefig(path, dpi=120)
