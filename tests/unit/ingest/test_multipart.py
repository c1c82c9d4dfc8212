"""Cutting an MJPEG stream into pictures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.captured import SourceUnavailable
from ingest.sources.mjpeg import _HEADERS_BYTES_MAX, PartCutter, boundary_of

_BOUNDARY = b"--cut"
_BODIES = st.lists(st.binary(max_size=200).filter(lambda body: _BOUNDARY not in body), max_size=8)


def _stream(bodies: list[bytes], *, lengths: bool) -> bytes:
    parts = []
    for body in bodies:
        length = b"Content-Length: %d\r\n" % len(body) if lengths else b""
        parts.append(_BOUNDARY + b"\r\nContent-Type: image/jpeg\r\n" + length + b"\r\n" + body + b"\r\n")
    return b"".join(parts) + _BOUNDARY


@given(_BODIES, st.booleans(), st.lists(st.integers(1, 40), min_size=1, max_size=10))
def test_every_picture_comes_out_however_the_stream_is_cut(
    bodies: list[bytes], lengths: bool, sizes: list[int]
) -> None:
    """Bodies come out whole and in order for any sizes of what the network gives, with and without lengths."""
    stream = _stream(bodies, lengths=lengths)
    cutter, found, place, turn = PartCutter(_BOUNDARY, 1000), [], 0, 0
    while place < len(stream):
        size = sizes[turn % len(sizes)]
        found += [part.body for part in cutter.feed(stream[place : place + size])]
        place, turn = place + size, turn + 1
    assert found == bodies


_PIECES = st.one_of(
    st.binary(max_size=400),
    st.sampled_from([_BOUNDARY, b"\r\n" + _BOUNDARY, b"\r\n\r\n", b"Content-Length: 499\r\n\r\n", b"x" * 9_000]),
)


@given(st.lists(_PIECES, max_size=30))
def test_junk_costs_bounded_memory(chunks: list[bytes]) -> None:
    """Whatever comes, the cutter gives parts or refuses, and keeps no more than one head and one picture of it."""
    cutter = PartCutter(_BOUNDARY, 500)
    try:
        for chunk in chunks:
            assert all(len(part.body) <= 500 for part in cutter.feed(chunk))
            assert len(cutter._held) <= _HEADERS_BYTES_MAX + 500 + len(_BOUNDARY) + len(b"\r\n\r\n")
    except SourceUnavailable:
        return


def test_a_picture_that_never_ends_is_refused() -> None:
    """A stream without a second boundary, and one that announces too much, are given up."""
    cutter = PartCutter(_BOUNDARY, 500)
    list(cutter.feed(_BOUNDARY + b"\r\n\r\n"))
    with pytest.raises(SourceUnavailable, match="too large"):
        list(cutter.feed(b"x" * 600))
    with pytest.raises(SourceUnavailable, match="announces"):
        list(PartCutter(_BOUNDARY, 500).feed(_BOUNDARY + b"\r\nContent-Length: 501\r\n\r\n"))


@pytest.mark.parametrize(
    "content_type",
    ["multipart/x-mixed-replace;boundary=cut", 'multipart/x-mixed-replace; boundary="--cut"; x=1'],
)
def test_the_boundary_is_found(content_type: str) -> None:
    """Cameras announce their boundary with and without quotes and dashes."""
    assert boundary_of(content_type) == _BOUNDARY


def test_a_stream_without_a_boundary_is_refused() -> None:
    """No boundary, no pictures."""
    with pytest.raises(SourceUnavailable):
        boundary_of("multipart/x-mixed-replace")
