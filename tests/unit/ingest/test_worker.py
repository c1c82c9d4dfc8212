"""The ingest service as a whole, on the embedded bus, with files and a local HTTP server as cameras."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest

from ingest import metrics
from ingest.contract import CameraClaim, CameraStatus
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.topics import TopicSizes, topic_table
from shelfstream.clock import SystemClock
from shelfstream.errors import Faults, StageStopped
from tests.unit.ingest.http_camera import HttpCamera, http_camera
from tests.unit.ingest.ingest_samples import jpeg
from tests.unit.ingest.running_ingest import QUICK, Site, check_orders, site, until


@pytest.fixture
def place() -> Iterator[Site]:
    with site() as made:
        yield made


@pytest.fixture
def camera() -> Iterator[HttpCamera]:
    with http_camera() as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "shelf.jpg"
    path.write_bytes(jpeg(60))
    return str(path)


def test_a_camera_is_claimed_before_its_first_frame(place: Site, picture: str) -> None:
    """The claim's offset is the epoch of every frame and status, sequences count from 0, the JPEG is unchanged."""
    place.put("left", picture)
    with place.ingest() as running:
        until(lambda: len(place.frames("left")) >= 3)
        assert running.worker.ready()
        assert running.worker.alive()
    claim, *statuses = place.said("left")
    assert isinstance(claim, CameraClaim)
    assert claim.claimant == "ingest-1"
    frames = place.frames("left")
    check_orders(frames, epochs=1)
    assert frames[0][0].order == (0, 0)
    assert all(data == jpeg(60) for _, data in frames)
    assert all(isinstance(said, CameraStatus) and said.epoch == 0 for said in statuses)
    assert running.ended.exception() is None
    assert not running.worker.alive()


def test_a_restart_has_a_newer_epoch(place: Site, picture: str) -> None:
    """Frames of a restarted process compare greater than all before."""
    place.put("left", picture)
    for count in (1, 2):
        with place.ingest():
            until(partial(_has_epochs, place, count))
    check_orders(place.frames("left"), epochs=2)


def _has_epochs(place: Site, count: int) -> bool:
    return len({header.epoch for header, _ in place.frames("left")}) == count


def test_the_catalogue_is_followed_without_a_restart(place: Site, tmp_path: Path) -> None:
    """Cameras are taken up, changed (the same epoch goes on) and let go while others go on."""
    for name, shade in (("a.jpg", 60), ("b.jpg", 140)):
        (tmp_path / name).write_bytes(jpeg(shade))
    place.put("left", str(tmp_path / "a.jpg"))
    with place.ingest():
        until(lambda: place.frames("left"))
        place.put("right", str(tmp_path / "b.jpg"))
        until(lambda: place.frames("right"))
        place.put("left", str(tmp_path / "b.jpg"))
        until(lambda: place.frames("left")[-1][1] == jpeg(140))
        check_orders(place.frames("left"), epochs=1)
        place.remove("left")
        until(lambda: place.metrics.value(metrics.CAMERAS_HELD.name) == 1)
        count = len(place.frames("left"))
        seen = len(place.frames("right"))
        until(lambda: len(place.frames("right")) > seen + 3)
        assert len(place.frames("left")) <= count + 1


def test_only_chosen_cameras_are_served(place: Site, picture: str) -> None:
    """Settings may name the cameras of a process."""
    place.put("left", picture)
    place.put("right", picture)
    with place.ingest(QUICK.model_copy(update={"cameras": ("main/right",)})):
        until(lambda: len(place.frames("right")) > 5)
    assert not place.said("left")


def test_one_dead_camera_stops_no_other(place: Site, picture: str) -> None:
    """A camera that cannot be reached, has a wrong URL or lacks a secret is offline with the reason; others go on."""
    place.put("good", picture)
    place.put("gone", "http://127.0.0.1:9/snapshot")
    place.put("odd", "ftp://127.0.0.1/x")
    place.put("secret", "rtsp://u:${NOT_SET}@127.0.0.1/x")
    with place.ingest():
        until(lambda: {place.state(each) for each in ("gone", "odd", "secret")} == {"offline"})
        until(lambda: place.state("good") == "online")
        told = {each: status.detail for each in ("gone", "odd", "secret") if (status := place.status(each))}
    assert "connection" in told["gone"]
    assert "no kind of source" in told["odd"]
    assert "NOT_SET" in told["secret"]
    assert len(place.frames("good")) > 5


def test_a_heartbeat_comes_while_nothing_changes(place: Site, picture: str) -> None:
    """The status is said again and again with the time and the count of frames."""
    place.put("left", picture)
    with place.ingest():
        until(lambda: sum(isinstance(said, CameraStatus) for said in place.said("left")) >= 3)
    statuses = [said for said in place.said("left") if isinstance(said, CameraStatus)]
    assert {status.state for status in statuses} == {"online"}
    assert len({status.since for status in statuses}) == 1
    assert statuses[0].frames_published < statuses[-1].frames_published


def test_a_camera_goes_offline_and_comes_back(place: Site, camera: HttpCamera) -> None:
    """Errors for longer than the hold-off are OFFLINE with the reason; pictures again are ONLINE, in the same epoch."""
    place.put("left", f"http://{camera.base}/snapshot")
    with place.ingest():
        until(lambda: place.state("left") == "online")
        camera.status = 503
        until(lambda: place.state("left") == "offline")
        status = place.status("left")
        assert status is not None
        assert "503" in status.detail
        camera.status = 200
        until(lambda: place.state("left") == "online")
    assert {header.epoch for header, _ in place.frames("left")} == {0}


def test_corrupt_pictures_are_counted_and_kill_nothing(place: Site, camera: HttpCamera) -> None:
    """A camera that sends junk for a while goes on with its next good picture; no junk is published."""
    place.put("left", f"http://{camera.base}/snapshot")
    with place.ingest():
        until(lambda: place.frames("left"))
        for junk in (b"", b"no jpeg", jpeg(100)[:-200], b"\xff\xd8\xff\xd9"):
            camera.picture = junk
            until(partial(_has_bad_pictures, place, _bad_pictures(place) + 2))
        camera.picture = jpeg(200)
        until(lambda: place.frames("left")[-1][1] == jpeg(200))
    assert {data for _, data in place.frames("left")} == {jpeg(100), jpeg(200)}


def _bad_pictures(place: Site) -> float:
    return place.metrics.value(metrics.BAD_PICTURES.name, camera="main/left") or 0


def _has_bad_pictures(place: Site, count: float) -> bool:
    return _bad_pictures(place) >= count


def test_a_cameras_clock_that_jumps_is_told_and_changes_nothing(place: Site, camera: HttpCamera) -> None:
    """A day forward and back: frames go on in order by our clock, and the status tells the offset while it lasts."""
    place.put("left", f"http://{camera.base}/snapshot")
    with place.ingest():
        for days in (0, 1, -1, 0):
            camera.date = format_datetime(datetime.now(UTC) + timedelta(days=days), usegmt=True)
            until(partial(_is_off_by, place, days))
    received = [header.received_at for header, _ in place.frames("left")]
    assert received == sorted(received)
    assert {said.state for said in place.said("left") if isinstance(said, CameraStatus)} == {"online"}


def _is_off_by(place: Site, days: int) -> bool:
    status = place.status("left")
    return status is not None and round((status.clock_offset_s or 0) / 86_400) == days


def test_the_older_of_two_claimants_gives_way(place: Site, picture: str) -> None:
    """A second process takes the cameras over; the first one stops and names it. The new one goes on alone."""
    place.put("left", picture)
    with place.ingest(process="old") as old:
        until(lambda: place.frames("left"))
        with place.ingest(process="new") as new:
            failure = old.ended.exception(15)
            assert isinstance(failure, StageStopped)
            assert "new" in str(failure)
            count = len(place.frames("left"))
            until(lambda: len(place.frames("left")) > count + 3)
            assert new.worker.alive()
    epochs = [header.epoch for header, _ in place.frames("left")]
    assert len(set(epochs[-3:])) == 1


def test_a_process_that_keeps_a_camera_goes_on(place: Site, picture: str) -> None:
    """Only the camera claimed by another is dropped, whatever is claimed anew later."""
    place.put("left", picture)
    place.put("right", picture)
    with place.ingest(process="both") as both:
        until(lambda: place.frames("left") and place.frames("right"))
        with place.ingest(QUICK.model_copy(update={"cameras": ("main/left",)}), process="one"):
            until(lambda: place.metrics.value(metrics.CAMERAS_HELD.name) == 1)
            until(lambda: len(place.frames("right")) > 10)
            assert not both.ended.done()


def test_a_fast_video_loses_no_picture(place: Site, tmp_path: Path) -> None:
    """A folder read as fast as possible is published whole and in order; then its camera goes offline, ended."""
    shades = list(range(0, 240, 4))
    for shade in shades:
        (tmp_path / f"{shade:03}.jpg").write_bytes(jpeg(shade))
    place.put("left", f"file://{tmp_path}?pace=fast&watch=no", interval_s=60)
    with place.ingest():
        until(lambda: len(place.frames("left")) == len(shades))
        until(lambda: place.metrics.value(metrics.FRAMES_PUBLISHED.name, camera="main/left") == len(shades))
    assert [data for _, data in place.frames("left")] == [jpeg(shade) for shade in shades]


def test_missing_topics_are_told_at_the_start() -> None:
    """Without its topics ingest does not start and says which command makes them."""
    table = {name: spec for name, spec in topic_table(TopicSizes(2, 2)).items() if name == "shelf.frames"}
    bus = EmbeddedBus(None, SystemClock(), table)
    with Site(bus).ingest() as running:
        assert isinstance(running.ended.exception(10), Faults)
    bus.close()


def test_stopping_is_quick_and_clean(place: Site, picture: str) -> None:
    """After ``stop`` everything offered is on the bus and nothing more comes."""
    place.put("left", picture)
    with place.ingest() as running:
        until(lambda: place.frames("left"))
        running.stop.set()
        assert running.ended.result(10) is None
        count = len(place.frames("left"))
    assert len(place.frames("left")) == count
