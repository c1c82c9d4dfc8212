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
from detector.gallery.gallery import Look, chances_of
from detector.gallery.prints import PHOTOGRAPH, PrintFeatures, PrintFit, compare, print_of
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
_COMPARED = 24
"""So many of the likest products are compared print by print: a pair takes a millisecond."""
_KNOWN_FROM = 0.5


class ModelCard(WeightsNote):
    """``files`` are the ONNX graph and the looks of unrelated photographs.

    ``side_px`` is the side of the pictures that the graph takes; ``fit`` is in units of the strangers' spread, or of
    the cosine where there are none, and so is what the agreement of prints is worth (``PrintFit``).
    ``data`` says what was learned from, with licences.
    """

    side_px: Annotated[int, Field(ge=32, multiple_of=32)]
    fit: LooksFit = LooksFit(temperature=0.8, unknown_at=2.5)
    print_points: Annotated[float, Field(ge=0)] = 0.64
    print_colours: Annotated[float, Field(ge=0)] = 0.46
    print_possible: Annotated[float, Field(ge=0)] = 0.0
    command: str
    data: str


def read_card(path: Path) -> ModelCard:
    """Raises ``Faults`` where there is none or it is wrong."""
    return read_note(path, ModelCard)


def print_fit_of(card: ModelCard) -> PrintFit:
    """What the agreement of prints is worth to a model."""
    return PrintFit(card.print_points, card.print_colours, card.print_possible)


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
    """One reference picture: its product, its print and its looks (n, D), several where it was shown in many ways."""

    product: str
    looks: Looks
    print: PrintFeatures


@dataclass(frozen=True, eq=False)
class ProductGallery:
    """Products as they are known by their references."""

    products: tuple[str, ...]
    discriminant: Discriminant
    references: References
    prints: tuple[tuple[PrintFeatures, ...], ...]
    print_fit: PrintFit

    def likeness(self, seen: Sequence[Look]) -> Looks:
        """(N, products) how like pictures are to each product, in units of how like unrelated things are.

        The prints of the likest products are compared with what was seen.
        """
        likeness = self.references.likeness(self.discriminant(np.stack([each.vector for each in seen])))
        likest, _ = best_first(likeness, _COMPARED)
        for row, each in enumerate(seen):
            for column in likest[row]:
                likeness[row, column] += self._worth(each.print, self.prints[column])
        return likeness

    def _worth(self, seen: PrintFeatures, references: Sequence[PrintFeatures]) -> float:
        return max(self.print_fit.worth(compare(seen, reference)) for reference in references)

    def answers(self, seen: Sequence[Look], fit: LooksFit) -> list[Recognition]:
        """What is recognised in pictures."""
        chances = chances_of(self.likeness(seen), fit)
        columns, best = best_first(chances, CANDIDATES)
        unknown = chances.sum(1) < _KNOWN_FROM
        return [self._answer(columns[row], best[row], bool(unknown[row])) for row in range(len(seen))]

    def _answer(self, columns: NDArray[np.intp], chances: NDArray[np.float32], unknown: bool) -> Recognition:
        named = zip((self.products[column] for column in columns), chances.tolist(), strict=True)
        return Recognition(tuple(named), unknown)


class Recogniser:
    """A network, the looks of photographs of unrelated things (S, D), and the fits of its chances."""

    def __init__(self, network: Network, strangers: Looks, fit: LooksFit, print_fit: PrintFit) -> None:
        self._network = network
        self._strangers = strangers
        self._fit = fit
        self._print_fit = print_fit

    def see(self, picture_bgr: Image) -> Look:
        """A picture (H, W, 3) of one product, as galleries are asked for it."""
        return Look(look_at(picture_bgr, self._network), print_of(picture_bgr, PHOTOGRAPH))

    def enrol(self, pictures: Iterable[tuple[str, Image]]) -> list[Enrolled]:
        """References of pictures (H, W, 3) uint8 BGR with the names of their products.

        A packshot on white is shown to the network in several ways, as it might look in a store.
        """
        return [self._enrolled(product, picture, seed) for seed, (product, picture) in enumerate(pictures)]

    def _enrolled(self, product: str, picture: Image, seed: int) -> Enrolled:
        pack = cut_out(picture)
        if pack is None:
            return Enrolled(product, look_at(picture, self._network)[None], print_of(picture, PHOTOGRAPH))
        rng = np.random.default_rng(seed)
        shown = (composite(pack, self._network.side_px, rng) for _ in range(_COMPOSITES))
        return Enrolled(product, looks_at(shown, self._network), print_of(pack.image_bgr, PHOTOGRAPH))

    def gallery_of(self, enrolled: Sequence[Enrolled]) -> ProductGallery:
        """A gallery of at least one reference; it is fitted to telling these very products apart."""
        products = tuple(dict.fromkeys(each.product for each in enrolled))
        number = {product: place for place, product in enumerate(products)}
        product_of = np.array([number[each.product] for each in enrolled], np.intp)
        groups = np.repeat(product_of, [len(each.looks) for each in enrolled])
        found = discriminant(np.concatenate([each.looks for each in enrolled]), groups)
        vectors = found(np.stack([each.looks.mean(0) for each in enrolled]))
        vectors /= spread_over(found(self._strangers), vectors)[:, None]
        prints = tuple(tuple(each.print for each in enrolled if each.product == product) for product in products)
        return ProductGallery(products, found, References(vectors, product_of), prints, self._print_fit)

    def recognise(self, pictures: Iterable[Image], gallery: ProductGallery) -> list[Recognition]:
        """What each picture (H, W, 3) uint8 BGR of one product shows."""
        seen = [self.see(picture) for picture in pictures]
        return gallery.answers(seen, self._fit) if seen else []


def open_recogniser(card_path: Path, *, threads: int = 0) -> Recogniser:
    """The recogniser with the weights of a manifest. Raises ``Faults`` when these are not what they should be."""
    card = read_card(card_path)
    network = OnnxNetwork(read_verified(card_path, card.files, ".onnx"), card.side_px, threads=threads)
    strangers = load(read_verified(card_path, card.files, ".safetensors"))[STRANGERS].astype(np.float32)
    return Recogniser(network, strangers, card.fit, print_fit_of(card))
