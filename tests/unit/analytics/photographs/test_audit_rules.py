"""A bay judged from photographs alone: what is empty, wrong or not in sight, and what stands there."""

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.contract import SlotState
from analytics.photographs.audit import BayPhotograph, audit_bay
from analytics.settings import AnalyticsSettings
from shelfstream.catalogue.catalogue import Planogram
from tests.unit.analytics.photographs.synthetic_bay import GTINS, SIZE_WH, bay_of, facings_of, view_of

_BAY, _SLOTS = bay_of([[0, 1, 2, 3], [4, 5, 6, 7]])
_PLAN = Planogram(_BAY, tuple(_SLOTS))
_IMAGE_FROM_BAY = view_of(_BAY, 15).image_from_front()


def _photograph(stands: dict[str, str | None], image_from_bay: NDArray[np.float64] = _IMAGE_FROM_BAY) -> BayPhotograph:
    facings = facings_of(_BAY, _SLOTS, image_from_bay, stands=stands)
    return BayPhotograph(facings, SIZE_WH, np.asarray(np.linalg.inv(image_from_bay), np.float64))


def test_every_place_is_told_as_it_is() -> None:
    """Stocked, empty, and another product, which is named; nothing is said to stand in an empty place."""
    photograph = _photograph({"bay-s1-2": None, "bay-s2-3": GTINS[0]})
    found = {finding.slot.id: finding for finding in audit_bay(_PLAN, [photograph], AnalyticsSettings())}
    assert found["bay-s1-2"].state is SlotState.OUT
    assert found["bay-s1-2"].seen_gtin is None
    assert (found["bay-s2-3"].state, found["bay-s2-3"].seen_gtin) == (SlotState.MISPLACED, GTINS[0])
    others = [each for name, each in found.items() if name not in ("bay-s1-2", "bay-s2-3")]
    assert {each.state for each in others} == {SlotState.STOCKED}
    assert all(each.seen_gtin == each.slot.gtin for each in others)
    assert all(each.belief > 0.5 for each in found.values())


def test_what_is_not_in_sight_is_not_known() -> None:
    """A photograph of the left part says nothing of the right one; one of each part says all."""
    shift = np.array([[1.0, 0, -640.0], [0, 1.0, 0], [0, 0, 1.0]])
    right = _photograph({"bay-s1-4": None}, shift @ _IMAGE_FROM_BAY)
    left = _photograph({"bay-s1-4": None}, np.linalg.inv(shift) @ _IMAGE_FROM_BAY)
    settings = AnalyticsSettings()
    of_right = {each.slot.id: each.state for each in audit_bay(_PLAN, [right], settings)}
    assert of_right["bay-s1-4"] is SlotState.OUT
    assert of_right["bay-s1-1"] is SlotState.UNKNOWN
    of_both = {each.slot.id: each.state for each in audit_bay(_PLAN, [right, left], settings)}
    assert SlotState.UNKNOWN not in of_both.values()
    assert of_both["bay-s1-4"] is SlotState.OUT


def test_photographs_that_agree_make_surer() -> None:
    """Two looks at one empty place are believed more than one."""
    once, twice = (
        next(each for each in audit_bay(_PLAN, [_photograph({"bay-s1-2": None})] * count, AnalyticsSettings())
             if each.slot.id == "bay-s1-2")
        for count in (1, 2)
    )  # fmt: skip
    assert twice.belief > once.belief


@pytest.mark.parametrize("count", [0, 1])
def test_without_a_photograph_nothing_is_known(count: int) -> None:
    """No look, or one that shows another place: every slot is UNKNOWN, and never counted as stocked or out."""
    away = np.array([[1.0, 0, -5000.0], [0, 1.0, 0], [0, 0, 1.0]]) @ _IMAGE_FROM_BAY
    photographs = [_photograph({}, away)] * count
    assert {each.state for each in audit_bay(_PLAN, photographs, AnalyticsSettings())} == {SlotState.UNKNOWN}
