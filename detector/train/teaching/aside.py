"""Which of a store's pictures judge, and must not be learned from."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from detector.train.coco_pictures import Photograph, by_camera
from shelfstream.errors import Fault, Faults

LEAST_PICTURES = 3


@dataclass(frozen=True)
class Divided:
    """Pictures to learn from, and those kept aside to judge with."""

    learn: tuple[Photograph, ...]
    aside: tuple[Photograph, ...]


def divided(photographs: Sequence[Photograph], share: float) -> Divided:
    """Keep a share of each camera's pictures aside, the same ones every time; at least one, and never all of them.

    Raises ``Faults`` for fewer than three pictures.
    """
    if len(photographs) < LEAST_PICTURES:
        message = f"are {len(photographs)}: at least {LEAST_PICTURES} are needed, of which one judges"
        raise Faults("teaching", [Fault("labelled pictures", message)])
    aside: list[Photograph] = []
    owed = 0.0
    for _, own in by_camera(photographs):
        owed += share * len(own)
        taken = min(round(owed - len(aside)), len(own), len(photographs) - 1 - len(aside))
        aside += sorted(own, key=_lot)[:taken]
    if not aside:
        aside = sorted(photographs, key=_lot)[:1]
    kept = {each.path for each in aside}
    return Divided(tuple(each for each in photographs if each.path not in kept), tuple(aside))


def _lot(photograph: Photograph) -> str:
    """By the picture's name alone, so that labelling it again or adding others changes nothing."""
    return hashlib.sha256(photograph.path.name.encode("utf-8", "surrogateescape")).hexdigest()
