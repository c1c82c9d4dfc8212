"""Facings as they cross the bus: what no picture could have shown never becomes an array."""

import json

import pytest

from detector.contract import FrameFacings
from shelfstream.errors import InvalidMessage
from tests.unit.analytics.analytics_shelf import frame


@pytest.mark.parametrize("edge", [1e39, -1e39, 40_000, -20_000])
def test_an_edge_far_from_its_frame_is_refused(edge: float) -> None:
    """Otherwise it is infinite as float32, and every overlap with it not a number."""
    facings = json.loads(frame(1).encode())
    facings["boxes_xyxy"][0][2] = edge
    with pytest.raises(InvalidMessage, match="boxes_xyxy"):
        FrameFacings.decode(json.dumps(facings).encode())
