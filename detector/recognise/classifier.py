"""Runs a classifier of a fixed set of products that was trained on a store's own pictures. Needs no torch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from detector.jpeg import Image
from detector.recognise.looks import Network, OnnxNetwork, squared
from detector.weights_file import WeightsNote, read_note, read_verified

Logits = NDArray[np.float32]

_WEIGHT = 0.5
_MOST_HEAT = 3.0
_TINY = 1e-6


class ClassifierCard(WeightsNote):
    """``products`` are the classes in the order of the graph's outputs; ``side_px`` the side of its pictures.

    Logits divided by ``temperature`` give chances (Guo et al., "On Calibration of Modern Neural Networks", 2017).
    ``data`` says what was learned from.
    """

    backbone: str
    side_px: Annotated[int, Field(ge=32)]
    products: Annotated[tuple[str, ...], Field(min_length=2)]
    temperature: Annotated[float, Field(gt=0)] = 1.0
    command: str = ""
    data: str = ""

    @model_validator(mode="after")
    def _products_differ(self) -> Self:
        if len(set(self.products)) != len(self.products):
            raise ValueError("products holds one twice")
        return self


@dataclass(frozen=True, eq=False)
class Classifier:
    """A graph and what its outputs mean."""

    network: Network
    products: tuple[str, ...]
    temperature: float
    model: str

    def logits(self, pictures_bgr: Iterable[Image]) -> Logits:
        """(N, products) of pictures (H, W, 3) uint8 BGR of any size."""
        shown = [squared(picture, self.network.side_px) for picture in pictures_bgr]
        if not shown:
            return np.empty((0, len(self.products)), np.float32)
        return self.network.run(np.stack(shown))

    def chances(self, pictures_bgr: Iterable[Image]) -> Logits:
        """(N, products) that add up to 1: this network knows no "none of these"."""
        return chances_of_logits(self.logits(pictures_bgr), self.temperature)


def chances_of_logits(logits: Logits, temperature: float) -> Logits:
    """(N, products) softmax of logits."""
    heat = logits / temperature
    weights = np.exp(heat - heat.max(1, keepdims=True, initial=-np.inf))
    return np.asarray(weights / np.maximum(weights.sum(1, keepdims=True), _TINY), np.float32)


def second_opinion(chances: Logits, classes: Sequence[str], products: Sequence[str]) -> Logits:
    """(N, products) what chances (N, classes) add to the heat of a gallery's products, which are named alike.

    More than an even chance speaks for a product, less against it, within bounds: a classifier is sure of what it never
    saw. It says nothing about products that it does not know.
    """
    known = {name: column for column, name in enumerate(classes)}
    heat = np.zeros((len(chances), len(products)), np.float32)
    beside = np.log(np.maximum(chances, _TINY) * len(classes))
    for column, product in enumerate(products):
        if product in known:
            heat[:, column] = np.clip(_WEIGHT * beside[:, known[product]], -_MOST_HEAT, _MOST_HEAT)
    return heat


def open_classifier(card_path: Path, *, threads: int = 0) -> Classifier:
    """The classifier of a manifest. Raises ``Faults`` when its files are not what they should be."""
    card = read_note(card_path, ClassifierCard)
    network = OnnxNetwork(read_verified(card_path, card.files, ".onnx"), card.side_px, threads=threads)
    return Classifier(network, card.products, card.temperature, card.model)
