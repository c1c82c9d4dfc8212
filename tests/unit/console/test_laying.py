"""A plan that a person lays over a picture: handles and calibration are one and the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.photographs.sight import places_in_sight
from analytics.photographs.verdict import Proposal
from console.html.laying import advice, places_table
from console.setup.laying import (
    LaidPlan,
    colours_of,
    fresh_plan,
    judged,
    laid_plan,
    outlines,
    with_plan,
)
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import bent, fit_homography, project, straightened
from shelfstream.catalogue.model import Calibration, Camera, Lens, PointPair, Store
from tests.unit.analytics.photographs.synthetic_bay import PRODUCTS, SIZE_WH, STORE, bay_of, facings_of, view_of

_ROWS = [[0, 1, 2, 3, 4], [5, 1, 6, 7, 8], [9, 10, 3, 11, 0]]
_BAY, _SLOTS = bay_of(_ROWS)
_CAMERA = Camera(store=STORE, id="c", url="x.jpg")
_CATALOGUE = Catalogue.of(
    [Store(id=STORE, name="S", time_zone="UTC", hours={}), _BAY, _CAMERA, *_SLOTS, *PRODUCTS.values()]
)


def _calibration(image_from_bay: NDArray[np.float64], lens: Lens | None = None) -> Calibration:
    spots = np.array([(0.0, 0.0), (_BAY.width_mm, 0.0), (_BAY.width_mm, _BAY.height_mm), (0.0, _BAY.height_mm)])
    pixels = bent(lens, project(image_from_bay, spots))
    points = tuple(
        PointPair(image_px=(float(x), float(y)), bay_mm=(float(a), float(b)))
        for (x, y), (a, b) in zip(pixels, spots, strict=True)
    )
    return Calibration(bay=_BAY.id, points=points, lens=lens)


def _map_of(plan: LaidPlan) -> NDArray[np.float64]:
    image = straightened(plan.lens, np.array([pair.image_px for pair in plan.handles]))
    return fit_homography(np.array([pair.bay_mm for pair in plan.handles]), image)


def _seen(plan: LaidPlan) -> Proposal:
    facings = facings_of(_BAY, _SLOTS, view_of(_BAY, 10).image_from_front())
    return judged(_CATALOGUE, STORE, plan, facings, SIZE_WH)


@given(yaw=st.floats(-30, 30), pitch=st.floats(-15, 15), bend=st.floats(-0.05, 0.05), nearer=st.floats(1.0, 2.2))
@settings(max_examples=60, deadline=None)
def test_handles_lie_in_the_picture_and_mean_the_calibration(
    yaw: float, pitch: float, bend: float, nearer: float
) -> None:
    """Also where the bay reaches beyond the picture: a handle is then as near to its corner as the picture goes."""
    middle = np.array(SIZE_WH) / 2
    zoom = np.array([[nearer, 0, middle[0] * (1 - nearer)], [0, nearer, middle[1] * (1 - nearer)], [0, 0, 1]])
    lens = Lens(width_px=SIZE_WH[0], height_px=SIZE_WH[1], bend=round(bend, 4))
    calibration = _calibration(np.asarray(zoom @ view_of(_BAY, yaw, pitch).image_from_front(), np.float64), lens)
    plan = laid_plan(_CATALOGUE, _BAY, calibration, SIZE_WH)
    assert plan.calibration() == calibration
    pixels = np.array([pair.image_px for pair in plan.handles])
    assert ((pixels >= 0) & (pixels <= SIZE_WH)).all()
    by_hand = plan.moved(0, *plan.handles[0].image_px)
    assert by_hand.calibration().points == plan.handles
    image = straightened(lens, np.array([pair.image_px for pair in calibration.points]))
    wanted = fit_homography(np.array([pair.bay_mm for pair in calibration.points]), image)
    spots = np.array([pair.bay_mm for pair in plan.handles])
    assert project(_map_of(plan), spots) == pytest.approx(project(wanted, spots), abs=0.5)


def test_a_plan_far_off_the_picture_is_refused() -> None:
    """No handle could be shown."""
    points = [(9000.0, 9000.0), (9900.0, 9000.0), (9900.0, 9900.0), (9000.0, 9900.0)]
    spots = [(0.0, 1000.0), (1000.0, 1000.0), (1000.0, 0.0), (0.0, 0.0)]
    away = Calibration(
        bay=_BAY.id, points=tuple(PointPair(image_px=px, bay_mm=mm) for px, mm in zip(points, spots, strict=True))
    )
    with pytest.raises(ValueError, match="out of the picture"):
        laid_plan(_CATALOGUE, _BAY, away, SIZE_WH)


def test_the_products_say_whether_it_lies_well() -> None:
    """Where it is, it is confirmed; half a facing away it is not, and the sentence says by how much."""
    plan = laid_plan(_CATALOGUE, _BAY, _calibration(view_of(_BAY, 10).image_from_front()), SIZE_WH)
    well = _seen(plan)
    assert well.sure, well.why
    assert len(well.confirmed) == len(_SLOTS)
    off = plan
    for number, pair in enumerate(plan.handles):
        off = off.moved(number, pair.image_px[0] + 14, pair.image_px[1])
    badly = _seen(off)
    assert not badly.sure
    assert "off their places" in badly.why
    assert badly.residual_mm > well.residual_mm
    drawn = outlines(_CATALOGUE, _CAMERA, plan, SIZE_WH)
    assert set(colours_of(well, drawn).values()) == {"confirmed"}


def test_a_fresh_plan_covers_most_of_the_picture_and_can_be_saved() -> None:
    """Nothing is known yet: four handles, which are a calibration; other bays' calibrations stay."""
    plan = fresh_plan(_CATALOGUE, _BAY, SIZE_WH)
    other = _calibration(view_of(_BAY).image_from_front()).model_copy(update={"bay": "other"})
    camera = with_plan(_CAMERA.model_copy(update={"calibrations": (other,)}), plan)
    assert [each.bay for each in camera.calibrations] == ["other", _BAY.id]
    places = list(
        places_in_sight(_CATALOGUE, camera.model_copy(update={"calibrations": (plan.calibration(),)}), SIZE_WH)
    )
    assert {each.slot for each in places} == {slot.id for slot in _SLOTS}
    assert all(each.whole and not each.small for each in places)
    far = list(places_in_sight(_CATALOGUE, _small(camera, plan), SIZE_WH))
    assert all(each.small for each in far)
    assert max(each.recall for each in far) < min(each.recall for each in places)


def test_what_would_make_a_camera_see_better_is_told() -> None:
    """Too small, cut off, often not seen: a sentence each with how many places; where it sees well, none."""
    plan = fresh_plan(_CATALOGUE, _BAY, SIZE_WH)
    near = _CAMERA.model_copy(update={"calibrations": (plan.calibration(),)})
    well = list(places_in_sight(_CATALOGUE, near, SIZE_WH))
    assert advice(well, {each.slot: 0.95 for each in well}) == []
    far = list(places_in_sight(_CATALOGUE, _small(near, plan), SIZE_WH))
    assert [each.partition(":")[0] for each in advice(far, {})] == [f"{len(far)} places are too small"]
    cut = list(places_in_sight(_CATALOGUE, near, (SIZE_WH[0] // 2, SIZE_WH[1])))
    told = advice(cut, {cut[0].slot: 0.5})
    assert any("not whole in the picture" in each for each in told)
    assert any(each.startswith("One place is often not seen") for each in told)
    table = places_table(well, {well[0].slot: 0.5})
    assert "50%" in table
    assert "often not seen" in table


def _small(camera: Camera, plan: LaidPlan) -> Camera:
    """The same from ten times as far."""
    points = tuple(
        pair.model_copy(update={"image_px": (pair.image_px[0] / 10, pair.image_px[1] / 10)}) for pair in plan.handles
    )
    return camera.model_copy(update={"calibrations": (plan.calibration().model_copy(update={"points": points}),)})
