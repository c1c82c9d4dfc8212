"""References that the shelf gives itself: facings that show a product as it is sold today, in the store's own light.

A web shop's picture is often of last year's print. A facing may stand in for it where two that do not know of each
other agree: the plan says that the product belongs there, and its packshots, asked without the plan, say that it is
there. What the shelf gave before is no judge of what it gives now, or one mistake would bring the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.contract import SlotState
from analytics.photographs.audit import BayPhotograph, SlotFinding, facings_in_places
from analytics.plans.slot_views import bay_in_picture
from analytics.settings import LookSettings
from shelfstream.catalogue.catalogue import Planogram
from shelfstream.catalogue.model import Slot

_BELIEVED_MIN, _CHANCE_MIN = 0.8, 0.5
_SIDE_MIN_PX = 32.0


@dataclass(frozen=True, eq=False)
class ShelfReference:
    """A facing (4,) px of a photograph that may stand in for a picture of its place's product; ``chance`` of being it.

    The chance is what the packshots give.
    """

    slot: Slot
    box_xyxy: NDArray[np.float32]
    chance: float


def shelf_references(
    planogram: Planogram, photograph: BayPhotograph, findings: Sequence[SlotFinding], settings: LookSettings
) -> list[ShelfReference]:
    """Of each place that is believed full, its facings that are likest the planned product, the surest first.

    ``photograph`` is named by packshots alone, ``findings`` are what was judged from it. What is small, or cut by
    the edge of the picture, is none.
    """
    facings, (width, height) = photograph.facings, photograph.size_wh
    bay = bay_in_picture(planogram, photograph.bay_from_image, settings.margin_share, photograph.lens)
    which, inside = facings_in_places(bay, facings, settings.facing_score_min)
    low, high = facings.boxes_xyxy[which, :2], facings.boxes_xyxy[which, 2:]
    whole = ((low > 1) & (high < np.array([width, height]) - 1) & (high - low >= _SIDE_MIN_PX)).all(1)
    full = {each.slot.id for each in findings if each.state is SlotState.STOCKED and each.belief >= _BELIEVED_MIN}
    found: list[ShelfReference] = []
    for place, slot in enumerate(planogram.slots):
        if slot.id not in full or slot.gtin not in facings.gtins:
            continue
        own = which[inside[place] & whole]
        likest = facings.candidates[own, 0] == facings.gtins.index(slot.gtin)
        taken = own[likest & (facings.candidate_scores[own, 0] >= _CHANCE_MIN)]
        chances = facings.candidate_scores[taken, 0].tolist()
        found += [
            ShelfReference(slot, box, chance) for box, chance in zip(facings.boxes_xyxy[taken], chances, strict=True)
        ]
    return sorted(found, key=lambda each: -each.chance)
