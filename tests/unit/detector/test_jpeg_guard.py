"""The guard before the JPEG decoder."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.jpeg import JpegLimits, decode_jpeg, decode_photograph
from shelfstream.errors import InvalidMessage
from tests.unit.detector.detector_rig import LIMITS, jpeg_of, shelf

WHOLE = jpeg_of(shelf((200, 40, 40)))


def _claiming(width: int, height: int) -> bytes:
    """The JPEG with another size in its frame header."""
    at = WHOLE.index(b"\xff\xc0") + 5
    return WHOLE[:at] + struct.pack(">HH", height, width) + WHOLE[at + 4 :]


def test_a_whole_jpeg_is_decoded() -> None:
    """The picture comes out as it went in, as BGR."""
    image = decode_jpeg(WHOLE, LIMITS)
    assert image.shape == (352, 640, 3)
    assert np.abs(image[170, 70].astype(int) - (200, 40, 40)).max() < 20


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=300))
def test_junk_is_refused_with_a_reason(junk: bytes) -> None:
    """No bytes whatever raise anything but InvalidMessage."""
    with pytest.raises(InvalidMessage) as refused:
        decode_jpeg(junk, LIMITS)
    assert refused.value.reason


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(WHOLE) - 3))
def test_a_truncated_jpeg_is_refused(kept: int) -> None:
    """A JPEG cut at any place is never taken for a picture."""
    with pytest.raises(InvalidMessage):
        decode_jpeg(WHOLE[:kept], LIMITS)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=40))
def test_a_spoilt_jpeg_never_crashes_the_decoder(at: int, spoilt: bytes) -> None:
    """Bytes overwritten anywhere give a picture of the promised size or a refusal, nothing else."""
    data = WHOLE[:at] + spoilt + WHOLE[at + len(spoilt) :]
    try:
        image = decode_jpeg(data, LIMITS)
    except InvalidMessage:
        return
    assert image.dtype == np.uint8


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that claims to be gigabytes of pixels never reaches the decoder."""

    def decoder_must_not_run(*_: object) -> None:
        raise AssertionError("decoded a bomb")

    monkeypatch.setattr(cv2, "imdecode", decoder_must_not_run)
    with pytest.raises(InvalidMessage, match="60000×60000"):
        decode_jpeg(_claiming(60_000, 60_000), LIMITS)


def test_too_many_bytes_are_refused() -> None:
    """The cap on bytes holds whatever the picture's size."""
    with pytest.raises(InvalidMessage, match="at most 100 are taken"):
        decode_jpeg(WHOLE, JpegLimits(max_bytes=100, max_pixels=10**9))


def test_other_formats_are_refused_as_frames() -> None:
    """A PNG is a fine reference picture and no frame."""
    png = jpeg_of(shelf((1, 2, 3)), ".png")
    with pytest.raises(InvalidMessage, match="png"):
        decode_jpeg(png, LIMITS)
    assert decode_photograph(png, LIMITS).shape == (352, 640, 3)
