"""Judges a bay from photographs alone: what a camera would come to believe of each place, at one look.

The rules are those of the live way (``observe`` and the belief filter), started from the long-run shares of the states;
each photograph is a look of its own, and several of them add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.believing.belief import HIDDEN, BeliefFilter, Minds, Watched, chances_of
from analytics.believing.sensor import SeenAs
from analytics.contract import Belief, SlotState
from analytics.looking.observe import NOT_VISIBLE, observe
from analytics.plans.slot_views import BayInPicture, Floats, bay_in_picture, facings_needed
from analytics.settings import AnalyticsSettings
from detector.contract import UNKNOWN_PRODUCT, FacingKind, Facings
from shelfstream.catalogue.catalogue import Planogram
from shelfstream.catalogue.model import Lens, Slot

_BELIEVED_MIN = 0.5
_SEEN_MIN = 0.3
"""How likely a product must be, over all facings in a place, to be named as what stands there."""

_LONG_AGO_S = 1e6


@dataclass(frozen=True, eq=False)
class BayPhotograph:
    """What was seen of a bay in a picture of ``size_wh``, and how it shows it: ``bay_from_image`` (3, 3), ``lens``."""

    facings: Facings
    size_wh: tuple[int, int]
    bay_from_image: Floats
    lens: Lens | None = None


@dataclass(frozen=True, slots=True)
class SlotFinding:
    """One place: its state, how much that is believed, and the product that is seen in it (``None``: none is known)."""

    slot: Slot
    state: SlotState
    belief: float
    seen_gtin: str | None


def audit_bay(
    planogram: Planogram, photographs: Sequence[BayPhotograph], settings: AnalyticsSettings
) -> list[SlotFinding]:
    """Every place of the plan by all photographs together; one that is in sight in none of them is ``UNKNOWN``."""
    believing = BeliefFilter(settings.belief, settings.sensor)
    slots = [Watched(slot.facings_planned, facings_needed(slot)) for slot in planogram.slots]
    minds: list[Minds] = [{}] * len(slots)
    beliefs = [believing.prior(slot) for slot in slots]
    in_sight = np.zeros(len(planogram.slots), np.bool_)
    seen = np.zeros((len(planogram.slots), 0))
    gtins: tuple[str, ...] = ()
    for number, each in enumerate(photographs):
        bay = bay_in_picture(planogram, each.bay_from_image, settings.look.margin_share, each.lens)
        found = observe(bay, each.facings, each.size_wh, None, settings.look)
        visible = found.appearances != NOT_VISIBLE
        looks = [SeenAs(look) for look in found.looks.tolist()]
        # Each photograph is another eye on the same moment.
        moved = believing.seen(minds, slots, f"photograph-{number}", looks, [(0.0, _LONG_AGO_S)] * len(slots))
        for place in np.flatnonzero(visible).tolist():
            minds[place], beliefs[place] = moved[place]
        in_sight |= visible
        seen, gtins = _better(seen, gtins, _products_seen(bay, each.facings, settings.look.facing_score_min), each)
    return [
        _finding(slot, belief, visible, named)
        for slot, belief, visible, named in zip(
            planogram.slots, beliefs, in_sight.tolist(), _named(seen, gtins), strict=True
        )
    ]


def _finding(slot: Slot, belief: Belief, visible: bool, seen_gtin: str | None) -> SlotFinding:
    chances = chances_of(belief)
    best = max(range(len(HIDDEN)), key=chances.__getitem__)
    if not visible or chances[best] < _BELIEVED_MIN:
        return SlotFinding(slot, SlotState.UNKNOWN, chances[best] if visible else 0.0, seen_gtin)
    stands = seen_gtin if HIDDEN[best] is not SlotState.OUT else None
    return SlotFinding(slot, HIDDEN[best], chances[best], stands)


def _better(
    seen: Floats, gtins: tuple[str, ...], found: Floats, photograph: BayPhotograph
) -> tuple[Floats, tuple[str, ...]]:
    """Of what several photographs show of the products, the clearest."""
    if not gtins:
        return found, photograph.facings.gtins
    return (np.maximum(seen, found), gtins) if gtins == photograph.facings.gtins else (seen, gtins)


def _products_seen(bay: BayInPicture, facings: Facings, score_min: float) -> Floats:
    """(S, P) how likely each known product stands in each place: the mean over the facings in it."""
    which, inside = facings_in_places(bay, facings, score_min)
    chances = np.zeros((len(which), len(facings.gtins)))
    candidates = facings.candidates[which]
    rows, places = np.nonzero(candidates != UNKNOWN_PRODUCT)
    chances[rows, candidates[rows, places]] = facings.candidate_scores[which][rows, places]
    return np.asarray(inside @ chances / np.maximum(inside.sum(1, keepdims=True), 1), np.float64)


def facings_in_places(
    bay: BayInPicture, facings: Facings, score_min: float
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """(F,) rows of the facings that are surely there, and (S, F) in which of the places the middle of each lies."""
    which = np.flatnonzero((facings.kinds == FacingKind.FACING) & (facings.scores >= score_min))
    boxes = facings.boxes_xyxy[which].astype(np.float64)
    middles = bay.on_the_bay((boxes[:, :2] + boxes[:, 2:]) / 2)
    x, y = middles[:, 0], middles[:, 1]
    with np.errstate(invalid="ignore"):
        inside = (x >= bay.x_mm[:, :1]) & (x < bay.x_mm[:, 1:]) & (y >= bay.y_mm[:, :1]) & (y < bay.y_mm[:, 1:])
    return which, np.asarray(inside, np.bool_)


def _named(seen: Floats, gtins: tuple[str, ...]) -> list[str | None]:
    if not gtins:
        return [None] * len(seen)
    best = seen.argmax(1)
    return [gtins[place] if row[place] >= _SEEN_MIN else None for row, place in zip(seen, best, strict=True)]
