"""``shelfstream watch`` as a person starts it on moving pictures: an RTSP camera and a video file."""

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from shelfstream.clock import SystemClock
from simulator.store.camera import SimCamera
from tests.cameras.rtsp_camera import RtspCamera

pytestmark = [pytest.mark.real, pytest.mark.slow]

_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_SEEN = re.compile(r"Frame (\d+): (\d+) items? and \d+ gaps? in 1280×720")
_WITHIN_S = 90.0

# As rtsp_server.py, but with a still picture of a shelf: GStreamer's bindings are in the system's Python alone.
_PYTHON = "/usr/bin/python3"
_SERVER = """
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    f'( filesrc location="{sys.argv[2]}" ! jpegdec ! imagefreeze is-live=true ! video/x-raw,framerate=5/1'
    ' ! videoconvert ! video/x-raw,format=I420'
    ' ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=5 ! rtph264pay name=pay0 pt=96 )'
)
factory.set_shared(True)
server.get_mount_points().add_factory("/shelf", factory)
if server.attach(None) == 0:
    sys.exit("the port is taken")
print("ready", flush=True)
GLib.MainLoop().run()
"""


class ShelfCamera(RtspCamera):
    """An RTSP camera that looks at one picture."""

    def __init__(self, picture: Path) -> None:
        super().__init__()
        self._picture = picture

    def start(self) -> None:
        """Serve; returns once the server listens."""
        command = [_PYTHON, "-c", _SERVER, str(self._port), str(self._picture)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready", "the RTSP server did not start"


class Watching:
    """A running ``shelfstream watch`` and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.said = ""

    def items_in_frame(self, number: int) -> int:
        """Wait until this frame is told, and say how many items were seen in it."""
        assert self._process.stdout is not None
        while True:
            readable, _, _ = select.select([self._process.stdout], [], [], _WITHIN_S)
            line = self._process.stdout.readline() if readable else ""
            assert line, f"no frame {number} in:\n{self.said}"
            self.said += line
            found = _SEEN.search(line)
            if found is not None and int(found[1]) == number:
                return int(found[2])

    def interrupt(self) -> int:
        """Ctrl-C; its exit code once it has ended."""
        self._process.send_signal(signal.SIGINT)
        try:
            rest, _ = self._process.communicate(timeout=_WITHIN_S)
        except subprocess.TimeoutExpired:
            # Where its threads are, as its fault handler tells it.
            self._process.send_signal(signal.SIGABRT)
            pytest.fail(f"it did not end:\n{self.said}{self._process.communicate(timeout=_WITHIN_S)[0]}")
        self.said += rest
        return self._process.returncode


@contextmanager
def watching(source: str) -> Iterator[Watching]:
    """The command, looking twice a second; killed with the test if it has not ended by then."""
    command = [sys.executable, "-m", "deploy", "watch", source, "--every", "0.5", "--no-browser", "--port", "0"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHELFSTREAM_")}
    clean["PYTHONFAULTHANDLER"] = "1"
    with subprocess.Popen(
        command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as process:
        try:
            yield Watching(process)
        finally:
            process.kill()


def shelf_at(moment: datetime) -> bytes:
    """A JPEG of a full shelf."""
    return SimCamera("sim://demo-market/cam-left?seed=7&people=0", SystemClock()).frame_at(moment)


def check(running: Watching) -> None:
    """Its pictures are seen from the first on, the places are learned, and Ctrl-C ends it in good order."""
    assert running.items_in_frame(1) > 0
    assert running.items_in_frame(20) > 0
    assert running.interrupt() == 0, running.said
    assert "Learned" in running.said
    assert "Traceback" not in running.said


def test_an_rtsp_camera_is_watched(tmp_path: Path) -> None:
    """What stands before an RTSP camera is seen and learned until Ctrl-C."""
    picture = tmp_path / "shelf.jpg"
    picture.write_bytes(shelf_at(_NOON))
    camera = ShelfCamera(picture)
    camera.start()
    try:
        with watching(camera.url) as running:
            check(running)
    finally:
        camera.kill()


def test_a_video_file_is_watched(tmp_path: Path) -> None:
    """What a video shows is seen and learned, round after round of its three seconds, until Ctrl-C."""
    path = tmp_path / "my shelf.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 5, (1280, 720))
    for number in range(15):
        data = np.frombuffer(shelf_at(_NOON + timedelta(seconds=number / 5)), np.uint8)
        writer.write(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)))
    writer.release()
    with watching(str(path)) as running:
        check(running)
