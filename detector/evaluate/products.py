"""How well pictures of single products are recognised, with each product known and with a third of them unknown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.evaluate.recognition import Recognised
from detector.recognise.looks import Looks
from detector.recognise.recogniser import Enrolled, Recogniser

_LEFT_OUT = 3


@dataclass(frozen=True, eq=False)
class Queries:
    """Looks (N, D) of pictures and the products that they show."""

    looks: Looks
    products: tuple[str, ...]


def compared(recogniser: Recogniser, references: Sequence[Enrolled], queries: Queries) -> Recognised:
    """Queries against all products; all of theirs must be among the references."""
    gallery = recogniser.gallery_of(references)
    column = {product: place for place, product in enumerate(gallery.products)}
    return Recognised(gallery.likeness(queries.looks), np.array([column[each] for each in queries.products], np.intp))


def unknown_auroc(recogniser: Recogniser, references: Sequence[Enrolled], queries: Queries, seed: int) -> float:
    """How often a picture of a known product is more like one than a picture of a product left out, a third of all.

    Area under the ROC curve, by Mann and Whitney's count of pairs; ties count half.
    """
    products = sorted({each.product for each in references})
    left_out = set(np.random.default_rng(seed).permutation(products)[: len(products) // _LEFT_OUT].tolist())
    gallery = recogniser.gallery_of([each for each in references if each.product not in left_out])
    best = gallery.likeness(queries.looks).max(1)
    strange = np.array([product in left_out for product in queries.products])
    return auroc(best[~strange], best[strange])


def auroc(of_known: NDArray[np.float32], of_strangers: NDArray[np.float32]) -> float:
    """Share of pairs in which the known one has the higher score."""
    higher = of_known[:, None] - of_strangers[None, :]
    return float(((higher > 0) + 0.5 * (higher == 0)).mean())
