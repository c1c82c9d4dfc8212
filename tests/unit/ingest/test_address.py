"""Reading a source's URL."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.address import KINDS, SourceKind, read_address
from ingest.sources.captured import BadAddress, SourceUnavailable
from ingest.sources.open import open_source
from shelfstream.catalogue.camera_urls import SCHEMES
from tests.unit.ingest.ingest_samples import opening


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("rtsp://10.0.0.5:554/stream?channel=1", SourceKind.RTSP),
        ("rtsps://camera.example/x", SourceKind.RTSP),
        ("https://camera.example/snapshot.jpg", SourceKind.HTTP),
        ("sim://main/left?seed=7", SourceKind.SIM),
        ("file:///videos/shelf.mp4", SourceKind.PATH),
        ("/videos/shelf.mp4", SourceKind.PATH),
        ("pictures", SourceKind.PATH),
    ],
)
def test_each_form_is_known(url: str, kind: SourceKind) -> None:
    """The scheme says which kind of source it is; a bare path is a file or folder."""
    assert read_address(url).kind is kind


def test_the_catalogue_lets_through_what_ingest_opens() -> None:
    """The check of a catalogue folder and ingest know the same schemes."""
    assert set(KINDS) == {*SCHEMES, ""}


def test_a_file_url_carries_options() -> None:
    """Options follow a question mark, and special characters are percent-encoded."""
    address = read_address("file:///my%20videos/a.mp4?loop=yes&pace=fast&start=2026-11-02T09:00:00Z")
    assert address.path == Path("/my videos/a.mp4")
    assert (address.options.loop, address.options.pace) == (True, "fast")
    assert address.options.start is not None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://host/x", "no kind of source"),
        ("", "empty"),
        ("  ", "empty"),
        ("rtsp:///stream", "no host"),
        ("file://folder/x.mp4", "three slashes"),
        ("file:///x.mp4?lop=yes", "lop"),
        ("file:///x.mp4?pace=slow", "pace"),
        ("http://[::1/x", "malformed"),
    ],
)
def test_a_wrong_url_is_explained(url: str, told: str) -> None:
    """What is wrong is said in the operator's words."""
    with pytest.raises(BadAddress, match=told):
        read_address(url)


_SCHEMES = st.sampled_from(
    ["rtsp://", "rtsps://", "http://", "https://", "file:///", "sim://", "Rtsp://", "ftp://", ""]
)


@given(_SCHEMES, st.text(max_size=60))
def test_any_text_is_read_or_refused(scheme: str, rest: str) -> None:
    """A text is read as one of the kinds, or refused in a sentence; nothing else comes of it."""
    refused = ""
    try:
        address = read_address(scheme + rest)
    except BadAddress as exc:
        refused = str(exc)
    assert refused.strip() or (address.kind in SourceKind and (address.url or address.path))


def test_a_missing_secret_is_named_and_others_are_not_told() -> None:
    """Which variable is missing is said; what the URL holds is not."""
    with pytest.raises(BadAddress, match="CAM_PASSWORD") as raised:
        open_source("rtsp://${CAM_USER}:${CAM_PASSWORD}@host/x", {"CAM_USER": "mrs-secret"}, opening())
    assert "mrs-secret" not in str(raised.value)


def test_secrets_stay_out_of_what_is_shown() -> None:
    """Neither an address nor an error about an unreachable camera shows the password."""
    assert "s3cret" not in repr(read_address("rtsp://u:s3cret@127.0.0.1:1/x"))
    for url in ("rtsp://u:${P}@127.0.0.1:1/x", "http://u:${P}@127.0.0.1:1/x?token=${P}"):
        with pytest.raises(SourceUnavailable) as raised:
            open_source(url, {"P": "s3cret"}, opening())
        assert "s3cret" not in str(raised.value)
