"""How the network's maps are laid out: what training, export, backends and decoding share. Needs no torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRIDE_PX = 4
"""Picture pixels per cell of the heat, edges and areas maps."""
EMBEDDING_STRIDE_PX = 8
SIDE_MULTIPLE_PX = 32
KINDS = 4
"""Channels of heat and areas: facings, gaps, occluders, tags, in the order of ``FacingKind``."""
BOX_CHANNELS = 4
EMBEDDING_CHANNELS = 32
EMBEDDING_ROWS, EMBEDDING_COLUMNS = 4, 3
"""A facing's embedding is sampled on this grid over its box, so that it knows what stands where on the print."""
EMBEDDING_SIZE = EMBEDDING_CHANNELS * EMBEDDING_ROWS * EMBEDDING_COLUMNS
OUTPUT_NAMES = ("heat", "edges", "areas", "embedding")

Maps = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class RawMaps:
    """What a backend gives for N pictures of H × W px, all float32, with a channel per kind in heat and areas.

    ``heat`` (N, 4, H/4, W/4) logits of centres; ``edges`` (N, 4, H/4, W/4) distances to the left, top, right and bottom
    edge in units of 4 px; ``areas`` (N, 4, H/4, W/4) logits that a pixel lies on a thing of the kind; ``embedding``
    (N, 32, H/8, W/8). Facings and tags are read from heat and edges, gaps and occluders from areas.
    """

    heat: Maps
    edges: Maps
    areas: Maps
    embedding: Maps
