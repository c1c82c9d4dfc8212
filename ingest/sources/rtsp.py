"""RTSP cameras. A slow reader of a stream falls behind without bound, so that a thread of its own keeps up with it."""

import threading
from datetime import datetime

import cv2

from ingest.sources.address import Address
from ingest.sources.base import OpeningOptions
from ingest.sources.captured import BgrImage, Captured, SourceSilent, SourceUnavailable
from ingest.sources.video import open_capture, retrieved
from shelfstream.clock import Clock

_CLOSE_WITHIN_S = 0.5


class RtspSource:
    """A live stream. The grabber alone touches the capture: it decodes every picture and converts those asked for."""

    live = True

    def __init__(self, capture: cv2.VideoCapture, clock: Clock) -> None:
        self._capture = capture
        self._clock = clock
        self._changed = threading.Condition()
        self._wanted = False
        self._picture: tuple[BgrImage, datetime] | None = None
        self._lost = False
        self._closing = False
        self._grabber = threading.Thread(target=self._grab_on, name="rtsp-grabber", daemon=True)
        self._grabber.start()

    def read(self, timeout_s: float) -> Captured | None:
        with self._changed:
            self._picture, self._wanted = None, True
            self._changed.wait_for(lambda: self._picture is not None or self._lost, timeout_s)
            self._wanted = False
            found, lost = self._taken(), self._lost
        if found is not None:
            image, at = found
            return Captured(image, at, at)
        if lost:
            raise SourceUnavailable("the stream ended or the connection was lost")
        raise SourceSilent(f"the stream is silent: no picture within {timeout_s:g} s")

    def close(self) -> None:
        """Tell the grabber to let go. It may sit in a read of a dead connection until its own time limit."""
        self._closing = True
        self._grabber.join(_CLOSE_WITHIN_S)

    def _taken(self) -> tuple[BgrImage, datetime] | None:
        found, self._picture = self._picture, None
        return found

    def _grab_on(self) -> None:
        try:
            while not self._closing and self._capture.grab():
                if self._wanted:
                    self._hand_over(self._clock.now())
        finally:
            self._capture.release()
            with self._changed:
                self._lost = True
                self._changed.notify_all()

    def _hand_over(self, at: datetime) -> None:
        image = retrieved(self._capture)
        if image is None:
            return
        with self._changed:
            self._picture, self._wanted = (image, at), False
            self._changed.notify_all()


def open_rtsp(address: Address, opening: OpeningOptions) -> RtspSource:
    """Connect to a camera. Raises ``SourceUnavailable``, which FFmpeg gives no reason for."""
    limits = (
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        int(opening.open_timeout_s * 1000),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        int(opening.read_timeout_s * 1000),
    )
    capture = open_capture(address.url, limits)
    if capture is None:
        raise SourceUnavailable("the camera does not answer, refuses the name or password, or has no such stream")
    return RtspSource(capture, opening.clock)
