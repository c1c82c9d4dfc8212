"""Which pictures are worth a person's time. Pure: what a model saw and what people said in, names and reasons out.

Where the model is unsure, where staff contradicted it and where cameras contradict each other, labels teach most (Lewis
& Gale, "A Sequential Algorithm for Training Text Classifiers", 1994). Some are drawn at random: a model judged on its
own doubts alone would look worse than it is, and what it is wrongly sure of would never come up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.contract import FacingKind, Facings

_DOUBTED = (0.25, 0.75)
_SURE = 0.5
_RANDOM_SHARE = 0.2
_FEW = 5
_CLUE = 0.5
_ALIKE = 12.0
"""Mean difference in grey levels of coarse copies below which two pictures show the same thing."""
AT_RANDOM = "at random, so that the judgement stays fair"


@dataclass(frozen=True, eq=False)
class Candidate:
    """A picture that might be labelled: its camera, a coarse copy (h, w, 3), what was seen, what speaks for it."""

    name: str
    camera: str
    thumb: NDArray[np.uint8]
    facings: Facings
    clues: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PictureChoice:
    """A picture's name and why it was chosen, in words."""

    name: str
    why: str


def doubt(facings: Facings) -> float:
    """How much of what is seen is unsure: doubted boxes for each sure one."""
    shown = np.isin(facings.kinds, (FacingKind.FACING, FacingKind.GAP))
    scores = facings.scores[shown]
    doubted = np.count_nonzero((scores >= _DOUBTED[0]) & (scores <= _DOUBTED[1]))
    return float(doubted / (np.count_nonzero(scores > _SURE) + _FEW))


def chosen(candidates: Sequence[Candidate], count: int, seed: int) -> list[PictureChoice]:
    """At most ``count`` pictures, those that teach most first, no two of which show the same thing."""
    rng = np.random.default_rng(seed)
    wanted_at_random = max(1, round(_RANDOM_SHARE * count))
    worth = {each.name: doubt(each.facings) + _CLUE * len(each.clues) for each in candidates}
    ranked = sorted(candidates, key=lambda each: -worth[each.name])
    taken: list[Candidate] = []
    _take(ranked, count - wanted_at_random, taken)
    telling = list(taken)
    _take([candidates[place] for place in rng.permutation(len(candidates))], count - len(telling), taken)
    return [PictureChoice(each.name, _why(each) if each in telling else AT_RANDOM) for each in taken]


def _take(candidates: Sequence[Candidate], count: int, taken: list[Candidate]) -> None:
    """Add so many of the candidates, those first of whose camera fewest were taken; order decides between equals."""
    left = [each for each in candidates if each not in taken]
    while count > 0 and left:
        least = min(_of_camera(each, taken) for each in left)
        best = next(each for each in left if _of_camera(each, taken) == least)
        left.remove(best)
        if not any(_alike(best, other) for other in taken):
            taken.append(best)
            count -= 1


def _of_camera(candidate: Candidate, taken: Sequence[Candidate]) -> int:
    return sum(each.camera == candidate.camera for each in taken)


def _alike(one: Candidate, other: Candidate) -> bool:
    if one.thumb.shape != other.thumb.shape:
        return False
    return bool(np.abs(one.thumb.astype(np.int16) - other.thumb).mean() < _ALIKE)


def _why(candidate: Candidate) -> str:
    doubted = int(
        np.count_nonzero((candidate.facings.scores >= _DOUBTED[0]) & (candidate.facings.scores <= _DOUBTED[1]))
    )
    return "; ".join((*candidate.clues, f"the model is unsure of {doubted} boxes"))
