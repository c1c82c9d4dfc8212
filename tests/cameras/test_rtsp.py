"""Real RTSP: a GStreamer server as the camera, OpenCV's FFmpeg as ingest's client."""

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import numpy.typing as npt
import pytest

from ingest.contract import CameraStatus
from ingest.sources.base import Source
from ingest.sources.captured import SourceSilent, SourceUnavailable
from ingest.sources.open import open_source
from shelfstream.catalogue.model import Camera
from tests.cameras.rtsp_camera import RtspCamera, rtsp_camera
from tests.unit.ingest.ingest_samples import opening, shade_of
from tests.unit.ingest.running_ingest import QUICK, Site, check_orders, site, until

pytestmark = [pytest.mark.real, pytest.mark.slow]
# A stream takes some seconds to open while other tests keep the machine busy.
_SETTINGS = QUICK.model_copy(
    update={"open_timeout_s": 10.0, "read_timeout_s": 2.0, "offline_after_s": 4.0, "online_after_s": 0.5}
)


_FAR_PX = 80.0


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    with rtsp_camera() as running:
        yield running


@pytest.fixture
def place() -> Iterator[Site]:
    with site() as made:
        yield made


@pytest.mark.parametrize("encoder", ["x264", "jpeg"])
def test_pictures_are_fresh_when_asked_for(encoder: str) -> None:
    """After a pause a read gives the picture of now: the camera's ball is where somebody who looks anew sees it."""
    with rtsp_camera(encoder) as camera, closing(open_source(camera.url, {}, opening())) as source:
        before = _ball_xy(source)
        # Not before the ball is elsewhere: then what the pause has piled up would show it in another place.
        with closing(open_source(camera.url, {}, opening())) as watching:
            while np.linalg.norm(_ball_xy(watching) - before) < _FAR_PX:
                continue
            now, anew = _ball_xy(source), _ball_xy(watching)
    assert np.linalg.norm(now - anew) < _FAR_PX / 2


def _ball_xy(source: Source) -> npt.NDArray[np.float64]:
    """Where the white ball is in the source's picture of now."""
    captured = source.read(5)
    assert captured is not None
    assert isinstance(captured.picture, np.ndarray)
    assert captured.picture.shape == (240, 320, 3)
    rows, columns = np.nonzero(captured.picture.min(axis=2) > 128)
    assert len(rows)
    return np.array([columns.mean(), rows.mean()])


def test_a_frozen_camera_is_silent_and_a_dead_one_is_lost(camera: RtspCamera) -> None:
    """Both are told within the read limit; opening a frozen one fails within the open limit."""
    source = open_source(camera.url, {}, opening())
    assert source.read(5) is not None
    camera.freeze()
    with pytest.raises((SourceSilent, SourceUnavailable)):
        _read_on(source)
    source.close()
    with pytest.raises(SourceUnavailable):
        open_source(camera.url, {}, opening())
    camera.kill()
    with pytest.raises(SourceUnavailable, match="does not answer"):
        open_source(camera.url, {}, opening())


def _read_on(source: Source) -> None:
    while True:
        source.read(2)


def test_a_frozen_camera_is_connected_to_again(place: Site, camera: RtspCamera) -> None:
    """Standing still for longer than the hold-off is OFFLINE; once it goes on so do its frames, in the same epoch."""
    place.put("left", camera.url, interval_s=0.2)
    with place.ingest(_SETTINGS):
        until(lambda: place.state("left") == "online", 60)
        camera.freeze()
        until(lambda: place.state("left") == "offline", 60)
        count = len(place.frames("left"))
        camera.thaw()
        until(lambda: place.state("left") == "online", 60)
        until(lambda: len(place.frames("left")) > count + 2, 60)
    check_orders(place.frames("left"), epochs=1)
    assert {(header.width_px, header.height_px) for header, _ in place.frames("left")} == {(320, 240)}


def test_a_killed_camera_goes_offline_and_comes_back_while_another_goes_on(place: Site, camera: RtspCamera) -> None:
    """One camera is killed and started again: its status follows; the other one's frames never stop."""
    with rtsp_camera() as other:
        place.put("left", camera.url, interval_s=0.2)
        place.put("right", other.url, interval_s=0.2)
        with place.ingest(_SETTINGS):
            until(lambda: {place.state("left"), place.state("right")} == {"online"}, 60)
            camera.kill()
            until(lambda: place.state("left") == "offline", 60)
            status = place.status("left")
            assert status is not None
            assert status.detail
            count = len(place.frames("right"))
            until(lambda: len(place.frames("right")) > count + 3, 60)
            camera.start()
            until(lambda: place.state("left") == "online", 60)
    states = [said.state for said in place.said("right") if isinstance(said, CameraStatus)]
    assert set(states) == {"online"}


def test_the_catalogue_sample_url_with_secrets_opens(camera: RtspCamera, capfd: pytest.CaptureFixture[str]) -> None:
    """A name and password by reference reach the camera, and nothing prints them."""
    url = camera.url.replace("rtsp://", "rtsp://viewer:${CAMERA_PASSWORD}@")
    assert Camera(store="main", id="left", url=url).url == url
    source = open_source(url, {"CAMERA_PASSWORD": "s3cret"}, opening())
    captured = source.read(5)
    source.close()
    assert captured is not None
    assert shade_of(captured.picture) < 250
    camera.kill()
    with pytest.raises(SourceUnavailable):
        open_source(url, {"CAMERA_PASSWORD": "s3cret"}, opening())
    shown = capfd.readouterr()
    assert "s3cret" not in shown.out + shown.err


@pytest.mark.parametrize("method", ["basic", "digest"])
@pytest.mark.parametrize("password", ["#/?[]", "pa%41ss", "p@ss:word", "ümläut", "a b&c=d"])
def test_any_password_reaches_an_rtsp_camera(method: str, password: str, capfd: pytest.CaptureFixture[str]) -> None:
    """As it stands in the environment, whatever sign-in the camera asks for; a wrong one is refused."""
    with rtsp_camera(sign_in=(method, "viewer", password)) as guarded:
        url = guarded.url.replace("rtsp://", "rtsp://viewer:${CAMERA_PASSWORD}@")
        source = open_source(url, {"CAMERA_PASSWORD": password}, opening())
        captured = source.read(5)
        source.close()
        assert captured is not None
        with pytest.raises(SourceUnavailable, match="refuses the name or password"):
            open_source(url, {"CAMERA_PASSWORD": f"{password}x"}, opening())
    shown = capfd.readouterr()
    assert password not in shown.out + shown.err
