"""The guard before every decoder: whole pictures are taken whatever stands behind them, cut ones are refused."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shelfstream.picture_file import is_whole, read_header, whole_picture

_PIXELS_MAX = 1_000_000
_NOISE = np.random.default_rng(3)
_SHADES = cv2.GaussianBlur(_NOISE.integers(0, 256, (240, 320, 3), np.uint8), (9, 9), 3)
_VIDEO = b"\x00\x00\x00\x18ftypmp42" + _NOISE.integers(0, 256, 60_000, np.uint8).tobytes()


def encoded(*parameters: int, suffix: str = ".jpg") -> bytes:
    return cv2.imencode(suffix, _SHADES, list(parameters))[1].tobytes()


def cmyk() -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.asarray(_SHADES)).convert("CMYK").save(held, "JPEG")
    return held.getvalue()


BASELINE = encoded()
PROGRESSIVE = encoded(cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
RESTARTS = encoded(cv2.IMWRITE_JPEG_RST_INTERVAL, 4)
GREY = cv2.imencode(".jpg", _SHADES[..., 0])[1].tobytes()
PNG = encoded(suffix=".png")
_PICTURES = {
    "plain": BASELINE,
    "progressive": PROGRESSIVE,
    "restarts": RESTARTS,
    "grey": GREY,
    "cmyk": cmyk(),
    "png": PNG,
}
KINDS = pytest.mark.parametrize("picture", _PICTURES.values(), ids=_PICTURES)


@KINDS
@pytest.mark.parametrize(
    "behind", [b"", bytes(8), bytes(8192), _VIDEO, b"\xff\xd9", b"MotionPhoto_Data" + _VIDEO], ids=len
)
def test_a_whole_picture_is_taken_alone(picture: bytes, behind: bytes) -> None:
    """A phone's video, padding or a second end marker behind it is cut off; its own bytes stay as they are."""
    header, alone = whole_picture(picture + behind, _PIXELS_MAX)
    assert (alone, header.width_px, header.height_px) == (picture, 320, 240)


@pytest.mark.parametrize("picture", [BASELINE, RESTARTS, GREY], ids=["plain", "restarts", "grey"])
@pytest.mark.parametrize("behind", [b"", _VIDEO, b"MotionPhoto_Data" + _VIDEO, bytes(4096)], ids=len)
def test_an_end_marker_that_is_missing_is_put_back(picture: bytes, behind: bytes) -> None:
    """All pixels are there: what is handed on decodes to the very same picture."""
    _, alone = whole_picture(picture[:-2] + behind, _PIXELS_MAX)
    assert alone.endswith(b"\xff\xd9")
    before, after = (cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR) for each in (picture, alone))
    assert before is not None
    assert after is not None
    assert np.array_equal(before, after)


@KINDS
@given(share=st.floats(0.0, 0.98), closed=st.sampled_from([b"", b"\xff\xd9", _VIDEO, bytes(4096)]))
def test_a_cut_picture_is_refused(picture: bytes, share: float, closed: bytes) -> None:
    """Cut anywhere, also when closed with an end marker, padded, or followed by a video: never taken for whole."""
    if picture is PROGRESSIVE and closed == b"\xff\xd9":
        return  # cut and closed between two scans it is a whole, coarser picture
    assert not is_whole(picture[: int(len(picture) * share)] + closed, _PIXELS_MAX)


@pytest.mark.parametrize("picture", [BASELINE, RESTARTS, GREY], ids=["plain", "restarts", "grey"])
@pytest.mark.parametrize("closed", [b"", b"\xff\xd9", _VIDEO, bytes(4096)], ids=len)
def test_a_picture_cut_before_its_pixels_is_refused(picture: bytes, closed: bytes) -> None:
    """At each byte of its headers, those of the scan included: a decoder makes grey of the last of them."""
    taken = [cut for cut in range(700) if is_whole(picture[:cut] + closed, _PIXELS_MAX)]
    assert taken == []


@given(st.binary(max_size=400), st.integers(0, len(BASELINE)))
def test_junk_is_refused_or_a_picture_and_nothing_else(junk: bytes, kept: int) -> None:
    """No bytes whatever raise anything but ``ValueError``, with the end of a sentence."""
    for data in (junk, BASELINE[:kept] + junk):
        if is_whole(data, _PIXELS_MAX):
            header, alone = whole_picture(data, _PIXELS_MAX)
            assert (header.pixels > 0, alone != b"") == (True, True)
        else:
            with pytest.raises(ValueError, match=r"^is "):
                whole_picture(data, _PIXELS_MAX)


def test_a_bomb_is_not_decoded() -> None:
    """A size beyond the limit is refused by its header."""
    assert read_header(BASELINE).pixels == 320 * 240
    with pytest.raises(ValueError, match="320×240"):
        whole_picture(BASELINE, 1000)
