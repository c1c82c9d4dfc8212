"""The RTSP server of ``rtsp_server.py`` as a process that tests can freeze, thaw and kill."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.runtime.server import free_port

# GStreamer's bindings are a system package, so that the server runs under the system's Python, not ours.
_PYTHON = "/usr/bin/python3"
_SCRIPT = Path(__file__).with_name("rtsp_server.py")


class RtspCamera:
    """One camera at ``url``. It may be started again on the same port."""

    def __init__(self, encoder: str = "x264", sign_in: tuple[str, str, str] | None = None) -> None:
        self._port = free_port()
        self._encoder = encoder
        self._sign_in = sign_in or ()
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._port}/shelf"

    def start(self) -> None:
        """Serve; returns once the server listens."""
        command = [_PYTHON, str(_SCRIPT), str(self._port), self._encoder, *self._sign_in]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready", "the RTSP server did not start"

    def freeze(self) -> None:
        """Stand still, connections open."""
        os.kill(self._pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        os.kill(self._pid, signal.SIGCONT)

    def kill(self) -> None:
        """End at once."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid


@contextmanager
def rtsp_camera(encoder: str = "x264", sign_in: tuple[str, str, str] | None = None) -> Iterator[RtspCamera]:
    """A running camera, ended with the test. ``sign_in``: how it asks (basic or digest), and who may see it."""
    camera = RtspCamera(encoder, sign_in)
    camera.start()
    try:
        yield camera
    finally:
        camera.kill()
