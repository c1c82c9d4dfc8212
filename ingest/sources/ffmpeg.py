"""OpenCV's FFmpeg: the one place where video is opened."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from ingest.sources.base import BgrImage

# FFmpeg takes these for the whole process, files included, so only what does a file no harm may stand here:
# `fflags;nobuffer` would lose a file's first seconds. Over TCP no packet is lost; one second of analysis in place
# of five opens a stream sooner. What piles up meanwhile costs the grabber of a stream a moment.
_OPTIONS_NAME = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_LOG_LEVEL_NAME = "OPENCV_FFMPEG_LOGLEVEL"
_LOG_LEVEL_FATAL = "8"
_OPTIONS = "rtsp_transport;tcp|flags;low_delay|analyzeduration;1000000"


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
