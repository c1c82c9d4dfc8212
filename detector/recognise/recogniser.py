"""Recognises pictures of single products by a few reference pictures of each. Needs no torch.

Beside a recogniser's weights lies a card that says what they are, how they came to be, and what they can do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from safetensors.numpy import load

from detector.contract import CANDIDATES
from detector.gallery.gallery import chances_of
from detector.gallery.search import References, best_first
from detector.manifest import LooksFit
from detector.recognise.composites import composite
from detector.recognise.looks import (
    Discriminant,
    Looks,
    Network,
    OnnxNetwork,
    discriminant,
    look_at,
    looks_at,
    spread_over,
)
from detector.recognise.packshot import Image, cut_out
from detector.weights_file import WeightsNote, read_note, read_verified, write_note

SHIPPED_RECOGNISER = Path(__file__).parents[1] / "weights" / "recogniser.json"

STRANGERS = "strangers"
"""Name of the looks of unrelated photographs beside a graph."""

_COMPOSITES = 32
_KNOWN_FROM = 0.5


class ModelCard(WeightsNote):
    """``files`` are the ONNX graph and the looks of unrelated photographs.

    ``side_px`` is the side of the pictures that the graph takes; ``fit`` is in units of the strangers' spread.
    ``data`` says what was learned from, with licences.
    """

    side_px: Annotated[int, Field(ge=32, multiple_of=32)]
    fit: LooksFit = LooksFit(temperature=0.8, unknown_at=2.5)
    command: str
    data: str


def read_card(path: Path) -> ModelCard:
    """Raises ``Faults`` where there is none or it is wrong."""
    return read_note(path, ModelCard)


def write_card(card: ModelCard, path: Path) -> None:
    """Put the manifest beside its weights."""
    write_note(card, path)


@dataclass(frozen=True, slots=True)
class Recognition:
    """``products`` (name, chance) best first, at most five; ``unknown``: likelier none of those in the gallery."""

    products: tuple[tuple[str, float], ...]
    unknown: bool


@dataclass(frozen=True, eq=False)
class Enrolled:
    """One reference picture: its product and its looks (n, D), several where it was shown in several ways."""

    product: str
    looks: Looks


@dataclass(frozen=True, eq=False)
class ProductGallery:
    """Products as they are known by their references."""

    products: tuple[str, ...]
    discriminant: Discriminant
    references: References

    def likeness(self, looks: Looks) -> Looks:
        """(N, products) how like looks (N, D) are to each product, in units of how like unrelated things are."""
        return self.references.likeness(self.discriminant(looks))

    def answers(self, looks: Looks, fit: LooksFit) -> list[Recognition]:
        """What is recognised in looks (N, D)."""
        chances = chances_of(self.likeness(looks), fit)
        columns, best = best_first(chances, CANDIDATES)
        unknown = chances.sum(1) < _KNOWN_FROM
        return [self._answer(columns[row], best[row], bool(unknown[row])) for row in range(len(looks))]

    def _answer(self, columns: NDArray[np.intp], chances: NDArray[np.float32], unknown: bool) -> Recognition:
        named = zip((self.products[column] for column in columns), chances.tolist(), strict=True)
        return Recognition(tuple(named), unknown)


class Recogniser:
    """A network, the looks of photographs of unrelated things (S, D), and the fit of its chances."""

    def __init__(self, network: Network, strangers: Looks, fit: LooksFit) -> None:
        self._network = network
        self._strangers = strangers
        self._fit = fit

    def look_of(self, picture_bgr: Image) -> Looks:
        """(D,) the look of a picture (H, W, 3) of one product."""
        return look_at(picture_bgr, self._network)

    def enrol(self, pictures: Iterable[tuple[str, Image]]) -> list[Enrolled]:
        """References of pictures (H, W, 3) uint8 BGR with the names of their products.

        A packshot on white is shown to the network in several ways, as it might look in a store.
        """
        return [Enrolled(product, self._looks_of(picture, seed)) for seed, (product, picture) in enumerate(pictures)]

    def _looks_of(self, picture: Image, seed: int) -> Looks:
        product = cut_out(picture)
        if product is None:
            return self.look_of(picture)[None]
        rng = np.random.default_rng(seed)
        return looks_at((composite(product, self._network.side_px, rng) for _ in range(_COMPOSITES)), self._network)

    def gallery_of(self, enrolled: Sequence[Enrolled]) -> ProductGallery:
        """A gallery of at least one reference; it is fitted to telling these very products apart."""
        products = tuple(dict.fromkeys(each.product for each in enrolled))
        number = {product: place for place, product in enumerate(products)}
        product_of = np.array([number[each.product] for each in enrolled], np.intp)
        groups = np.repeat(product_of, [len(each.looks) for each in enrolled])
        found = discriminant(np.concatenate([each.looks for each in enrolled]), groups)
        vectors = found(np.stack([each.looks.mean(0) for each in enrolled]))
        vectors /= spread_over(found(self._strangers), vectors)[:, None]
        return ProductGallery(products, found, References(vectors, product_of))

    def recognise(self, pictures: Iterable[Image], gallery: ProductGallery) -> list[Recognition]:
        """What each picture (H, W, 3) uint8 BGR of one product shows."""
        looks = [self.look_of(picture) for picture in pictures]
        return gallery.answers(np.stack(looks), self._fit) if looks else []


def open_recogniser(card_path: Path, *, threads: int = 0) -> Recogniser:
    """The recogniser with the weights of a manifest. Raises ``Faults`` when these are not what they should be."""
    card = read_card(card_path)
    network = OnnxNetwork(read_verified(card_path, card.files, ".onnx"), card.side_px, threads=threads)
    strangers = load(read_verified(card_path, card.files, ".safetensors"))[STRANGERS].astype(np.float32)
    return Recogniser(network, strangers, card.fit)
