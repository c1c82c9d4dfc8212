"""The pictures of a run: to learn from and to validate with, of a folder and of rendered packs."""

from dataclasses import dataclass
from pathlib import Path

from detector.recognise.labelled import Example, learn_and_validate
from detector.recognise.packshot import Cutout
from detector.train_recogniser.pictures import Pictures, Variety
from detector.train_recogniser.rendered import rendered_products
from shelfstream.errors import Fault, Faults

_HELD_OUT = 0.15
_VIEWS_PER_EPOCH = 8


@dataclass(frozen=True, slots=True)
class Sources:
    """A folder of labelled pictures and how many rendered packs beside it; ``seed`` decides both."""

    data: Path | None
    rendered: int
    seed: int


@dataclass(frozen=True, eq=False)
class Sets:
    """``products`` in the order of their numbers."""

    products: tuple[str, ...]
    learn: Pictures
    validate: Pictures


def sets_of(sources: Sources, side_px: int, variety: Variety) -> Sets:
    """Raises ``Faults`` where there are fewer than two products."""
    learn: list[Example | tuple[str, Cutout]] = []
    validate: list[Example | tuple[str, Cutout]] = []
    if sources.data is not None:
        photographs, held_out = learn_and_validate(sources.data, _HELD_OUT, sources.seed)
        learn += photographs
        validate += held_out
    packs = list(rendered_products(sources.rendered, sources.seed))
    learn += packs * _VIEWS_PER_EPOCH
    products = tuple(sorted({each.product if isinstance(each, Example) else each[0] for each in learn}))
    if len(products) < 2:
        raise Faults("training", [Fault(str(sources.data or "no --data"), "shows fewer than two products")])
    if not validate:
        validate += packs
    return Sets(
        products,
        Pictures(learn, products, side_px, variety=variety, seed=sources.seed),
        Pictures(validate, products, side_px, seed=sources.seed + 1),
    )
