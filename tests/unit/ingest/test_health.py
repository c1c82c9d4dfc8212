"""The hold-off state machine."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.camera_state import (
    Health,
    HoldOff,
    Instant,
    lost_source,
    saw_bad_picture,
    saw_picture,
    started,
    time_passed,
)
from ingest.contract import CameraState

_START = datetime(2026, 1, 1, tzinfo=UTC)
_HOLD_OFF = HoldOff(offline_after_s=10, online_after_s=3)
_EVENTS = st.lists(
    st.tuples(st.sampled_from(["picture", "bad", "lost", "tick"]), st.floats(0.05, 20)), min_size=1, max_size=60
)


def _at(seconds: float) -> Instant:
    return Instant(_START + timedelta(seconds=seconds), seconds)


def _after(health: Health, what: str, now: Instant) -> Health:
    if what == "picture":
        return saw_picture(health, now, _HOLD_OFF)
    if what == "bad":
        return saw_bad_picture(health, "spoilt")
    if what == "lost":
        return lost_source(health, "gone")
    return health


@given(_EVENTS)
def test_offline_means_that_no_picture_came_for_the_hold_off(events: list[tuple[str, float]]) -> None:
    """A camera turns OFFLINE only after the whole hold-off without a picture, and always then."""
    health, now_s, last_s = started(_at(0)), 0.0, 0.0
    for what, wait_s in events:
        now_s += wait_s
        before = time_passed(health, _at(now_s), _HOLD_OFF)
        if now_s - last_s >= _HOLD_OFF.offline_after_s:
            assert before.state is CameraState.OFFLINE
        elif health.state is not CameraState.OFFLINE:
            assert before.state is not CameraState.OFFLINE
        health = _after(before, what, _at(now_s))
        last_s = now_s if what == "picture" else last_s


@given(_EVENTS)
def test_online_again_means_that_pictures_flowed_for_the_hold_off(events: list[tuple[str, float]]) -> None:
    """A camera that was OFFLINE is ONLINE again only when pictures came without a break for the hold-off."""
    health, now_s = started(_at(0)), 0.0
    flow_began_s: float | None = None
    for what, wait_s in events:
        now_s += wait_s
        ticked = time_passed(health, _at(now_s), _HOLD_OFF)
        _check_return(health, ticked, flow_began_s, now_s)
        if ticked.flowing_since is None or what == "lost":
            flow_began_s = None
        if what == "picture" and flow_began_s is None:
            flow_began_s = now_s
        health = _after(ticked, what, _at(now_s))
        _check_return(ticked, health, flow_began_s, now_s)


def _check_return(before: Health, after: Health, flow_began_s: float | None, now_s: float) -> None:
    if before.state is CameraState.OFFLINE and after.state is CameraState.ONLINE:
        assert flow_began_s is not None
        assert now_s - flow_began_s >= _HOLD_OFF.online_after_s


@given(_EVENTS)
def test_a_state_began_before_it_is_said(events: list[tuple[str, float]]) -> None:
    """``since`` never lies in the future, and stays the same while the state does."""
    health, now_s = started(_at(0)), 0.0
    for what, wait_s in events:
        now_s += wait_s
        after = _after(time_passed(health, _at(now_s), _HOLD_OFF), what, _at(now_s))
        assert after.since <= _at(now_s).at
        if after.state is health.state:
            assert after.since == health.since
        health = after


def test_the_first_picture_needs_no_hold_off() -> None:
    """A new camera is ONLINE with its first picture."""
    assert saw_picture(started(_at(0)), _at(1), _HOLD_OFF).state is CameraState.ONLINE


def test_offline_says_why() -> None:
    """The detail of an OFFLINE camera is the last trouble, or that nothing comes."""
    silent = time_passed(started(_at(0)), _at(11), _HOLD_OFF)
    assert silent.detail == "no picture comes"
    assert time_passed(lost_source(started(_at(0)), "refused"), _at(11), _HOLD_OFF).detail == "refused"


def test_a_step_of_the_wall_clock_changes_no_state() -> None:
    """An hour's jump of our own wall clock alone leaves a camera ONLINE."""
    health = saw_picture(started(_at(0)), _at(1), _HOLD_OFF)
    jumped = Instant(_START + timedelta(hours=1), 2.0)
    assert time_passed(health, jumped, _HOLD_OFF).state is CameraState.ONLINE
