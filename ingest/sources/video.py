"""Video files, at the pace at which they were taken or as fast as they are read.

OpenCV's FFmpeg is opened here and nowhere else; RTSP comes here for it.
"""

import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from ingest.sources.address import Address
from ingest.sources.base import OpeningOptions
from ingest.sources.captured import BgrImage, Captured, SourceEnded, SourceUnavailable

# FFmpeg takes these for the whole process, files included, so only what does a file no harm may stand here:
# `fflags;nobuffer` would lose a file's first seconds. Over TCP no packet is lost; one second of analysis in place
# of five opens a stream sooner. What piles up meanwhile costs the grabber of a stream a moment.
_OPTIONS_NAME = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_LOG_LEVEL_NAME = "OPENCV_FFMPEG_LOGLEVEL"
_LOG_LEVEL_FATAL = "8"
_OPTIONS = "rtsp_transport;tcp|flags;low_delay|analyzeduration;1000000"

_FPS_ASSUMED = 25.0
_FPS_MAX = 1000.0


def open_capture(url: str, parameters: Sequence[int] = ()) -> cv2.VideoCapture | None:
    """An open capture, or ``None`` where FFmpeg makes nothing of it. ``parameters`` are OpenCV's, in pairs.

    An operator who sets these environment variables has the last word about them.
    """
    os.environ.setdefault(_OPTIONS_NAME, _OPTIONS)
    # What both say on the terminal is not for operators and can hold the URL, and with it a password.
    os.environ.setdefault(_LOG_LEVEL_NAME, _LOG_LEVEL_FATAL)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, [*parameters, cv2.CAP_PROP_N_THREADS, 1])
    except cv2.error:
        return None
    if not capture.isOpened():
        capture.release()
        return None
    return capture


@contextmanager
def readable_name(path: str) -> Iterator[str]:
    """The path as OpenCV takes it: one that is no UTF-8 ends the interpreter, so a plainly named link leads there."""
    try:
        path.encode()
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory(prefix="shelfstream-video-") as folder:
            link = Path(folder, "video").with_suffix(Path(path).suffix if Path(path).suffix.isascii() else "")
            link.symlink_to(Path(path).absolute())
            yield str(link)
    else:
        yield path


def retrieved(capture: cv2.VideoCapture) -> BgrImage | None:
    """The picture grabbed last, or ``None`` where it cannot be converted."""
    read, image = capture.retrieve()
    return np.asarray(image, np.uint8) if read and image is not None else None


class VideoSource:
    """A video file. At real pace it shows the picture of the moment; fast, one picture per interval of its own time.

    Positions are counted in frames, because time stamps in files of changing or broken origin cannot be trusted.
    """

    def __init__(self, address: Address, opening: OpeningOptions) -> None:
        self._path = str(address.path)
        self._options = address.options
        self._opening = opening
        self._clock = opening.clock
        self._capture = self._opened()
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._fps = fps if math.isfinite(fps) and 0 < fps <= _FPS_MAX else _FPS_ASSUMED
        self._began_s = self._clock.monotonic_s()
        self._frame = -1
        self._earlier_frames = 0
        self._due_frame = 0.0

    @property
    def live(self) -> bool:
        return self._options.pace == "real"

    def read(self, timeout_s: float) -> Captured | None:  # noqa: ARG002 (a file never keeps anybody waiting)
        if self.live:
            self._advance_to(math.floor((self._clock.monotonic_s() - self._began_s) * self._fps))
        else:
            self._advance_to(math.floor(self._due_frame))
            self._due_frame += self._opening.interval_s * self._fps
        image = retrieved(self._capture)
        if image is None:
            raise SourceEnded("the video ends with a picture that cannot be read")
        now = self._clock.now()
        return Captured(image, self._captured_at(now), now)

    def close(self) -> None:
        self._capture.release()

    def _captured_at(self, now: datetime) -> datetime:
        if self._options.start is None:
            return now
        return self._options.start + timedelta(seconds=(self._earlier_frames + self._frame) / self._fps)

    def _advance_to(self, frame: int) -> None:
        """Go on to a frame counted from the first one ever; a file that loops goes round as often as it takes."""
        while self._frame < 0 or self._earlier_frames + self._frame < frame:
            if self._capture.grab():
                self._frame += 1
            else:
                self._wind_back()

    def _wind_back(self) -> None:
        if self._frame < 0:
            raise SourceUnavailable("the video holds no picture that can be read")
        if not self._options.loop:
            raise SourceEnded("the video has ended")
        self._earlier_frames += self._frame + 1
        self._frame = -1
        self._capture.release()
        self._capture = self._opened()

    def _opened(self) -> cv2.VideoCapture:
        with readable_name(self._path) as path:
            capture = open_capture(path)
        if capture is None:
            raise SourceUnavailable("the file is no video that can be read")
        return capture


def open_video(address: Address, opening: OpeningOptions) -> VideoSource:
    """Open a video file. Raises ``SourceUnavailable``."""
    return VideoSource(address, opening)
