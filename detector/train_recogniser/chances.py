"""Fits how likely a name is right: what likeness and agreement of prints are worth to the namer of facings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from detector.gallery.gallery import Gallery, Reference, gallery_of, unit
from detector.gallery.prints import FACING, PrintFit, compare, print_of
from detector.gallery.search import best_first
from detector.manifest import LooksFit
from detector.naming.namer import Namer
from detector.recognise.looks import OnnxNetwork, squared
from detector.recognise.on_shelf import on_shelf
from detector.recognise.packshot import Packshot
from detector.recognise.recogniser import ModelCard, read_card, write_card
from detector.train_recogniser.sets import rendered_products
from detector.weights_file import read_verified

_PRODUCTS, _FACINGS_EACH = 240, 3
_SEED = 31_000
_SHOWN_PX = 160
_COMPARED = 8
_TRAITS = 4
_MOST_LOGIT = 12.0
_PRIOR = 2.0
_BOUNDS = ((1.0, 60.0), (0.0, 3.0), (0.0, 10.0), (0.0, 3.0), (0.0, 60.0))
_STRANGE, _LESS_LIKE = 0.18, 0.1
"""Noise on likeness while fitting, and by how much less a facing is like its own product: the network knows rendered
prints better than those of a store."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NamingEvidence:
    """``traits`` (N, products, 4) of facings against products; ``product`` (N,) the column that is right.

    The traits: likeness, logarithm of agreeing points, agreement of colours, logarithm of the points that could agree.
    """

    traits: Array
    product: NDArray[np.intp]


def fit_chances(card_path: Path) -> ModelCard:
    """Fit a namer on rendered facings that its network did not learn from, and write that into its manifest.

    A quarter of what is fitted on are facings whose product is missing from the gallery, flavours of it being there.
    """
    card = read_card(card_path)
    network = OnnxNetwork(read_verified(card_path, card.files, ".onnx"), card.side_px)
    found = _fitted(evidence_of(network, [pack for _, pack in rendered_products(_PRODUCTS, _SEED)]))
    fitted = card.model_copy(update=found)
    write_card(fitted, card_path)
    return fitted


def evidence_of(network: OnnxNetwork, packs: Sequence[Packshot]) -> NamingEvidence:
    """Facings of packs, seen on a shelf by chance, against the fronts of all."""
    rng = np.random.default_rng(_SEED)
    namer = Namer(network, model="", fit=LooksFit(), print_fit=PrintFit(0, 0), budget_s=0)
    looks = [namer.look_of(pack.image_bgr) for pack in packs]
    gallery = gallery_of([Reference(str(place), str(place)) for place in range(len(packs))], looks)
    facings = [on_shelf(pack, packs[:24], _SHOWN_PX, rng) for pack in packs for _ in range(_FACINGS_EACH)]
    return NamingEvidence(_traits(network, facings, gallery), np.repeat(np.arange(len(packs)), _FACINGS_EACH))


def rendered_facings(count: int, seed: int) -> list[NDArray[np.uint8]]:
    """Facings (160, 160, 3) of so many packs that nothing learned from, seen on a shelf by chance."""
    packs = [pack for _, pack in rendered_products(count, seed)]
    rng = np.random.default_rng(seed)
    return [on_shelf(pack, packs[:24], _SHOWN_PX, rng) for pack in packs]


def right_by_look(network: OnnxNetwork, count: int) -> float:
    """Share of the facings of so many packs that are likest their own front, before any print is compared."""
    namer = Namer(network, model="", fit=LooksFit(), print_fit=PrintFit(0, 0), budget_s=0)
    packs = [pack for _, pack in rendered_products(count, _SEED)]
    references = [Reference(str(place), str(place)) for place in range(count)]
    gallery = gallery_of(references, [namer.look_of(pack.image_bgr) for pack in packs])
    shown = np.stack([squared(each, network.side_px) for each in rendered_facings(count, _SEED)])
    likest = gallery.likeness(unit(network.run(shown))).argmax(1)
    return float((np.array(gallery.gtins)[likest] == np.arange(count).astype(str)).mean())


def _traits(network: OnnxNetwork, facings: Sequence[NDArray[np.uint8]], gallery: Gallery) -> Array:
    shown = np.stack([squared(each, network.side_px) for each in facings])
    likeness = gallery.likeness(unit(network.run(shown)))
    traits = np.zeros((*likeness.shape, _TRAITS))
    traits[..., 0] = likeness
    likest, _ = best_first(likeness, _COMPARED)
    rng = np.random.default_rng(_SEED)
    for row, facing in enumerate(facings):
        seen = print_of(facing, FACING)
        traits[row, likest[row], 0] += rng.normal(0, _STRANGE, likest.shape[1])
        traits[row, row // _FACINGS_EACH, 0] -= _LESS_LIKE
        for column in likest[row].tolist():
            found = compare(seen, gallery.prints[column][0])
            traits[row, column, 1:] = np.log1p(found.points), found.colours, -np.log1p(found.possible)
    return traits


def _fitted(evidence: NamingEvidence) -> dict[str, object]:
    weights = _most_likely(evidence)
    temperature = 1 / weights[0]
    points, colours, possible = (float(each * temperature) for each in weights[1:4])
    return {
        "fit": LooksFit(temperature=round(float(temperature), 4), unknown_at=round(float(weights[4] * temperature), 4)),
        "print_points": round(points, 4),
        "print_colours": round(colours, 4),
        "print_possible": round(possible, 4),
    }


def _most_likely(evidence: NamingEvidence) -> Array:
    rows = np.arange(len(evidence.product))

    def badness(weights: Array) -> float:
        heat = np.clip(evidence.traits @ weights[:4] - weights[4], -_MOST_LOGIT, _MOST_LOGIT)
        nothing = np.zeros((len(rows), 1))
        without = heat.copy()
        without[rows, evidence.product] = -np.inf
        known = np.logaddexp.reduce(np.concatenate([heat, nothing], 1), axis=1) - heat[rows, evidence.product]
        stranger = np.logaddexp.reduce(np.concatenate([without, nothing], 1), axis=1)
        return float(0.75 * known.mean() + 0.25 * stranger.mean() + _PRIOR * (weights[1:4] ** 2).sum() / len(rows))

    begun = np.array([10.0, 1.0, 1.0, 0.1, 8.0])
    found: Array = minimize(badness, begun, method="L-BFGS-B", bounds=_BOUNDS).x
    return found
