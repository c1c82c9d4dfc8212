"""How the map of a scene's instances is numbered: the contract between the simulator and whoever trains on scenes.

| ids | kind | |
|---|---|---|
| 0 | | background |
| 1 … 39999 | 0 | facings: row + 1 |
| 40000 … 49999 | 3 | tags |
| 50000 … 59999 | 2 | occluders: people, trolleys, cages, cartons before the shelf |
| 60000 … 65531 | 1 | gaps |
| `IGNORED_ID` | | nobody can say what is there: nothing is asked of whoever learns |
| `MAYBE_GAP_ID` | | no thing, and perhaps an empty place: nothing is asked about gaps |

A facing is a pack's front alone, as people label it. While a shelf is painted, `PACK_SIDE_ID` keeps the sides and tops
of packs, and `STOCK_BEHIND_ID` the rows behind the front one, apart from empty shelf; then they are background
(``Canvas.forget_stock``).

Kinds are numbered as ``detector.contract.FacingKind`` orders them. Rows stand in the order of their ids: facings, tags,
occluders, gaps.
"""

import numpy as np
from numpy.typing import NDArray

FIRST_TAG_ID = 40000
FIRST_OCCLUDER_ID = 50000
FIRST_GAP_ID = 60000

IGNORED_ID, MAYBE_GAP_ID = 65532, 65533
STOCK_BEHIND_ID, PACK_SIDE_ID = 65534, 65535

FACING_KIND, GAP_KIND, OCCLUDER_KIND, TAG_KIND = 0, 1, 2, 3

FIRST_IDS = (1, FIRST_TAG_ID, FIRST_OCCLUDER_ID, FIRST_GAP_ID)
"""The first id of each range, ascending."""
_KIND_OF_RANGE = np.array((FACING_KIND, TAG_KIND, OCCLUDER_KIND, GAP_KIND), np.uint8)


def kinds_of(ids: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The kind of each id, of any shape; ids must not be 0."""
    return np.asarray(_KIND_OF_RANGE[np.searchsorted(FIRST_IDS, ids, "right") - 1], np.uint8)


def renumbered(present: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Fresh ids (M,) for ascending ids (M,): each range counts from its first id without holes."""
    fresh = np.zeros(len(present), np.int64)
    ranges = np.searchsorted(FIRST_IDS, present, "right") - 1
    for number, first in enumerate(FIRST_IDS):
        mine = ranges == number
        fresh[mine] = first + np.arange(np.count_nonzero(mine))
    return fresh.astype(np.uint16)
