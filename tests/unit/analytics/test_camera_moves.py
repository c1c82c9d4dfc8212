"""A camera that was nudged is noticed by where its packs lie; a shelf that changes is no nudge."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.contract import SlotState, UnknownReason
from analytics.plans.camera_moves import CameraView, looked_again, packs_of
from detector.contract import Facings, FrameFacings
from shelfstream.catalogue.model import Camera
from shelfstream.catalogue.records import entity_message
from shelfstream.clock import ManualClock
from tests.unit.analytics.analytics_rig import Rig, levels, make_bus, publish, send
from tests.unit.analytics.analytics_shelf import SLOTS, START, bay, camera, facings, frame

_BAYS = (bay(),)
_FACING_PX = np.array([100.0, 350.0])
_CENTRE = np.array([450.0, 500.0])


def _through(seen: Facings, affine: NDArray[np.float64]) -> Facings:
    """The same facings after the camera moved: ``affine`` (2, 3) takes pixels to pixels."""
    boxes = seen.boxes_xyxy.astype(np.float64)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    moved = middles @ affine[:, :2].T + affine[:, 2]
    return replace(seen, boxes_xyxy=np.concatenate([moved - half, moved + half], 1).astype(np.float32))


def _shifted(seen: Facings, x_px: float, y_px: float = 0.0, turn: float = 0.0, zoom: float = 1.0) -> Facings:
    turning = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = np.array([x_px, y_px]) + _CENTRE - turning @ _CENTRE
    return _through(seen, np.column_stack([turning, shift]))


def _trembling(seen: Facings, rng: np.random.Generator) -> Facings:
    noise = rng.normal(0, 1.5, (len(seen), 2)).astype(np.float32)
    return replace(seen, boxes_xyxy=seen.boxes_xyxy + np.concatenate([noise, noise], 1))


def _looks(*seen: Facings) -> CameraView:
    view: CameraView | None = None
    for each in seen:
        view = looked_again(view, _BAYS, each)
    assert view is not None
    return view


@given(
    right=st.floats(-1.4, 1.4),
    up=st.floats(-0.6, 0.6),
    turn=st.floats(-0.02, 0.02),
    zoom=st.floats(0.97, 1.03),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_a_nudge_is_held_at_once_and_believed_with_the_second_frame(
    right: float, up: float, turn: float, zoom: float, seed: int
) -> None:
    """By a quarter of a facing or more, with a roll and a change of distance, and with boxes that tremble."""
    assume(max(abs(right), abs(up)) >= 0.25)
    rng = np.random.default_rng(seed)
    away = np.array([right, up]) * _FACING_PX
    nudged = [_shifted(_trembling(facings({}), rng), float(away[0]), float(away[1]), turn, zoom) for _ in range(2)]
    before = [_trembling(facings({}), rng) for _ in range(3)]
    first = _looks(*before, nudged[0])
    assert (first.away, first.moved) == (1, False)
    assert _looks(*before, *nudged).moved
    assert _looks(*before, *nudged, before[0]).away == 0


@given(
    looks=st.lists(
        st.dictionaries(st.integers(0, 5), st.sampled_from(["partial", "gap", "bare", "wrong"]), max_size=4),
        min_size=2,
        max_size=8,
    ),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_goods_that_come_and_go_are_no_nudge(looks: list[dict[int, str]], seed: int) -> None:
    """Places sell out, are filled with others and refilled, most of the bay at once."""
    rng = np.random.default_rng(seed)
    assert _looks(facings({}), *(_trembling(facings(look), rng) for look in looks)).away == 0


def test_a_camera_that_turned_away_is_noticed_without_frames_from_before() -> None:
    """After a start, products that stand elsewhere than planned say it; those in place say the opposite."""
    assert _looks(facings({})).away == 0
    away = _looks(_shifted(facings({}), 330.0))
    assert away.packs is None
    assert _looks(*[_shifted(facings({}), 330.0)] * 2).moved


def test_a_picture_with_hardly_any_packs_says_nothing() -> None:
    """A dark or hidden bay is neither in place nor elsewhere."""
    few = facings(dict.fromkeys(range(6), "bare"))
    assert _looks(few).packs is None
    assert _looks(facings({}), few).away == 0
    nudged = [_shifted(facings({}), 60.0)] * 2
    assert _looks(facings({}), *nudged, few).moved


def test_products_that_are_no_numbers_and_cameras_that_see_no_bay_do_no_harm() -> None:
    """What a record holds is never trusted to be a GTIN; nothing is planned for an uncalibrated camera."""
    odd = replace(facings({}), gtins=tuple("x" * 30 for _ in facings({}).gtins))
    assert _looks(odd, odd).away == 0
    assert packs_of(odd).gtins.tolist() == [0] * len(packs_of(odd))
    view = looked_again(None, (), facings({}))
    assert (view.packs, view.away) == (None, 0)


def _nudged(sequence: int) -> FrameFacings:
    """A frame after the camera was turned by half a facing."""
    plain = frame(sequence)
    boxes = _shifted(plain.facings(), 50.0).boxes_xyxy.tolist()
    return plain.model_copy(update={"boxes_xyxy": tuple((a, b, c, d) for a, b, c, d in boxes)})


def _recalibrated() -> Camera:
    """The camera with its points where they are after that turn."""
    (calibration,) = camera().calibrations
    points = tuple(
        pair.model_copy(update={"image_px": (pair.image_px[0] + 50, pair.image_px[1])}) for pair in calibration.points
    )
    return camera().model_copy(update={"calibrations": (calibration.model_copy(update={"points": points}),)})


def _states(rig: Rig) -> set[tuple[SlotState, UnknownReason | None]]:
    return {(level.state, level.reason) for level in levels(rig.bus).values()}


def test_slots_of_a_nudged_camera_become_unknown_until_it_is_calibrated_anew() -> None:
    """Nothing else is said of them: no state is made of packs that lie elsewhere, and none is lost."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        rig.see(*map(frame, range(6)))
        assert _states(rig) == {(SlotState.STOCKED, None)}
        rig.see(*map(_nudged, range(6, 40)))
        assert _states(rig) == {(SlotState.STOCKED, None)}
        rig.tick(80)
        assert _states(rig) == {(SlotState.UNKNOWN, UnknownReason.MOVED)}
        send(bus, [entity_message(_recalibrated())])
        rig.see(*map(_nudged, range(40, 46)))
        assert _states(rig) == {(SlotState.STOCKED, None)}


def test_a_slot_that_another_camera_sees_stays_known() -> None:
    """One of two cameras is nudged."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    send(bus, [entity_message(camera("c2"))])
    with Rig(bus, clock) as rig:
        rig.see(*map(frame, range(6)))
        rig.see(*[each for at in range(6, 40) for each in (_nudged(at), frame(at, camera_name="c2"))])
        rig.tick(80)
        assert _states(rig) == {(SlotState.STOCKED, None)}
        assert set(levels(bus)) == set(SLOTS)
