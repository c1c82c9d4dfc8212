"""What is said over a camera's picture, and in its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.html.bay import picture_notice
from console.html.lists import health_card
from console.views.models import CameraNow
from ingest.contract import CameraState
from shelfstream.clock import ManualClock
from tests.unit.console.console_fakes import STORE, World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World(ManualClock(NOON))


def _camera(world: World) -> CameraNow:
    (camera,) = world.console_data.store_now(STORE).cameras
    return camera


def test_a_live_picture_has_nothing_over_it(world: World) -> None:
    """The shelf is what people want to see."""
    assert picture_notice(_camera(world)) == ""


def test_where_no_picture_is_left_the_newest_ones_time_is_told(world: World) -> None:
    """On the store's page and on the health page, counted on by the browser."""
    world.pictures.clear()
    told = picture_notice(_camera(world))
    assert "the newest one was taken" in told
    assert f'data-since="{NOON.timestamp():.1f}"' in told
    assert "the newest one was taken" in health_card(world.console_data.store_now(STORE))


def test_a_camera_of_which_nothing_was_seen_has_no_picture_yet(world: World) -> None:
    """Nothing was lost: it has just not begun."""
    world.live.seen.clear()
    assert "No picture yet" in picture_notice(_camera(world))


def test_an_offline_camera_says_why_and_since_when_and_what_became_of_its_picture(world: World) -> None:
    """Both are told: that it is offline, and that nothing of it is left to show."""
    offline = world.live.status["cam-1"].model_copy(
        update={"state": CameraState.OFFLINE, "detail": "refuses", "since": NOON - timedelta(hours=3)}
    )
    camera = replace(_camera(world), status=offline)
    assert "the newest one was taken" not in picture_notice(camera)
    told = picture_notice(replace(camera, picture=None))
    assert all(part in told for part in ("Camera offline", "refuses", "the newest one was taken"))
