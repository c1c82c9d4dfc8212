"""What a run came to: its curve, precision and recall of each product, and which are taken for which."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from detector.train_recogniser.fitting import Epoch, Fitting
from detector.train_recogniser.sets import Sets

Confusion = NDArray[np.intp]
_NAMED_UP_TO = 40


def confusion_of(labels: NDArray[np.intp], said: NDArray[np.intp], products: int) -> Confusion:
    """(products, products) pictures of the row's product that were taken for the column's."""
    counts = np.zeros((products, products), np.intp)
    np.add.at(counts, (labels, said), 1)
    return counts


def precision_and_recall(confusion: Confusion) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """((products,), (products,)); 0 where a product was never named or never shown."""
    right = np.diag(confusion).astype(np.float64)
    return right / np.maximum(confusion.sum(0), 1), right / np.maximum(confusion.sum(1), 1)


def conclude(fitting: Fitting, sets: Sets, out: Path) -> float:
    """Take the best weights of a run and write what they come to; returns their validation accuracy."""
    fitting.take_best()
    logits, labels = fitting.logits(sets.validate)
    said = logits.argmax(1)
    write_report(out, sets.products, confusion_of(labels, said, len(sets.products)), fitting.epochs)
    return float((said == labels).mean())


def write_report(out: Path, products: Sequence[str], confusion: Confusion, epochs: Sequence[Epoch]) -> None:
    """Write ``report.json``, ``confusion.png``, ``curve.csv`` and ``curve.png``."""
    precision, recall = precision_and_recall(confusion)
    rows = {
        product: {"precision": round(p, 4), "recall": round(r, 4), "pictures": int(shown)}
        for product, p, r, shown in zip(products, precision, recall, confusion.sum(1), strict=True)
    }
    accuracy = float(np.trace(confusion) / max(confusion.sum(), 1))
    # The order of ``products`` is that of the network's outputs.
    summary = {"accuracy": round(accuracy, 4), "products": rows, "confusion": confusion.tolist()}
    (out / "report.json").write_text(json.dumps(summary, indent=1) + "\n")
    _draw_confusion(out / "confusion.png", products, confusion, accuracy)
    _write_curve(out, epochs)


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


def _write_curve(out: Path, epochs: Sequence[Epoch]) -> None:
    with (out / "curve.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "loss", "accuracy"])
        writer.writerows((number, epoch.loss, epoch.accuracy) for number, epoch in enumerate(epochs, 1))
    figure = Figure(figsize=(6, 4), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    numbers = range(1, len(epochs) + 1)
    loss.plot(numbers, [epoch.loss for epoch in epochs])
    accuracy.plot(numbers, [epoch.accuracy for epoch in epochs])
    loss.set(xlabel="epoch", ylabel="loss")
    accuracy.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1))
    figure.savefig(out / "curve.png", dpi=120)
