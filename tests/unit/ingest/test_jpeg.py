"""From a source's picture to a frame's JPEG."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.frame_jpeg import FrameLimits, to_jpeg
from ingest.sources.captured import BadPicture
from tests.unit.ingest.ingest_samples import decoded, image, jpeg, on_its_side, png

_LIMITS = FrameLimits(quality=85, side_max_px=1000, bytes_max=500_000)


def test_a_jpeg_passes_unchanged() -> None:
    """A JPEG that fits is published byte for byte."""
    given_ = jpeg(size_wh=(80, 60))
    made = to_jpeg(given_, _LIMITS)
    assert (made.data, made.width_px, made.height_px) == (given_, 80, 60)


@pytest.mark.parametrize("picture", [png((80, 60)), image(size_wh=(80, 60))], ids=["png", "pixels"])
def test_others_are_encoded(picture: bytes | np.ndarray) -> None:
    """PNG files and video pixels become JPEG of the same size."""
    made = to_jpeg(picture, _LIMITS)
    assert decoded(made.data).shape == (60, 80, 3)
    assert (made.width_px, made.height_px) == (80, 60)


def test_a_long_side_is_shrunk() -> None:
    """A picture with a side over the limit keeps its shape and is told with its new size."""
    made = to_jpeg(jpeg(size_wh=(2000, 500)), _LIMITS)
    assert (made.width_px, made.height_px) == (1000, 250)
    assert decoded(made.data).shape == (250, 1000, 3)


def test_too_many_bytes_cost_quality() -> None:
    """Noise that is too large at full quality is encoded smaller; what stays too large is refused."""
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    full = to_jpeg(noise, _LIMITS)
    less = to_jpeg(noise, FrameLimits(85, 1000, len(full.data) - 1))
    assert len(less.data) < len(full.data)
    with pytest.raises(BadPicture, match="lowest quality"):
        to_jpeg(noise, FrameLimits(85, 1000, 1000))


def test_a_picture_on_its_side_is_turned() -> None:
    """The header's size and every decoder agree after ingest, whether or not the decoder heeds Exif."""
    made = to_jpeg(on_its_side(jpeg(size_wh=(80, 60))), _LIMITS)
    assert (made.width_px, made.height_px) == (60, 80)
    raw = decoded(made.data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    assert raw.shape == (80, 60, 3)


@given(st.binary(max_size=300), st.integers(0, 700), st.booleans())
def test_junk_is_refused_and_crashes_nothing(junk: bytes, cut: int, whole: bool) -> None:
    """Whatever bytes come, with or without a JPEG's beginning, the answer is a frame or ``BadPicture``."""
    data = junk if whole else jpeg()[:cut] + junk
    try:
        made = to_jpeg(data, _LIMITS)
    except BadPicture:
        return
    assert made.width_px > 0


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    """A small file that claims a gigantic picture is refused by its header."""
    bomb = bytearray(jpeg())
    place = bomb.index(b"\xff\xc0")
    bomb[place + 5 : place + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(BadPicture, match="too large"):
        to_jpeg(bytes(bomb), _LIMITS)
