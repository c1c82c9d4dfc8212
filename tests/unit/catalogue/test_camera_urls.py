"""Secrets in camera URLs stand by reference."""

import pytest

from shelfstream.catalogue.camera_urls import secret_faults, url_faults, with_secrets
from shelfstream.errors import Faults


@pytest.mark.parametrize(
    ("url", "faults"),
    [
        ("rtsp://10.0.0.5/stream", 0),
        ("rtsp://${USER}:${PASSWORD}@10.0.0.5/stream", 0),
        ("rtsp://viewer:${PASSWORD}@10.0.0.5/stream", 0),
        ("rtsp://viewer@10.0.0.5/stream", 0),
        ("rtsp://viewer:secret@10.0.0.5/stream", 1),
        ("rtsp://viewer:se${X}@10.0.0.5/stream", 1),
        ("http://cam/snap?resolution=4k&pwd=abc", 1),
        ("http://cam/snap?user=a&access_token=${TOKEN}", 0),
        ("http://viewer:a@cam/snap?password=b", 2),
        ("rtsp://${a-b}@cam/", 1),
        ("http://cam/snap?user=admin&psw=abc", 1),
        ("http://cam/snap?auth=YWRtaW46eA==", 1),
        ("http://cam/snap?key=abc&access_key=${KEY}", 1),
        ("http://cam/snap?loginuse=admin&loginpas=abc", 1),
        ("http://cam/snap?keyframe=2&author=me&authmode=basic", 0),
        ("rtsp://cam/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream", 1),
        ("rtsp://cam/user=${U}_password=${P}_channel=1_stream=0.sdp?real_stream", 0),
        ("rtsp://cam:554/user=admin&password=abc&channel=1", 1),
        ("/var/pictures/user:name@home", 0),
        ("/var/pictures/key=1/a", 0),
        ("sim://store/cam?seed=7&speed=1", 0),
    ],
)
def test_literal_secrets_are_found(url: str, faults: int) -> None:
    """A password or token written out is a fault, a reference to one is not."""
    assert len(list(secret_faults(url))) == faults


@pytest.mark.parametrize(
    ("url", "faults"),
    [
        ("ftp://10.0.0.5/stream", 1),
        ("rtps://${USER}:${PASSWORD}@10.0.0.5/stream", 1),
        ("rtsp:///stream", 1),
        ("rtsp://[10.0.0.5/stream", 1),
        ("rtsp://admin:s3/cret@10.0.0.5/stream", 1),
        ("rtsp://10.0.0.5:${PORT}/stream", 0),
        ("rtsp://viewer:${PASSWORD}@[fe80::1]:554/stream", 0),
        ("${CAMERA_URL}", 0),
        ("file:///srv/uploads/left?existing=no", 0),
        ("pictures", 0),
    ],
)
def test_what_no_source_can_open_is_a_fault(url: str, faults: int) -> None:
    """A scheme that ingest does not know, a missing host and a password cut off by its own '/' are told at once."""
    assert len(list(url_faults(url))) == faults


def test_references_are_filled_in_and_missing_ones_named_at_once() -> None:
    """All variables that are not set are told together."""
    url = "rtsp://${USER}:${PASSWORD}@cam/${USER}"
    assert with_secrets(url, {"USER": "u", "PASSWORD": "p"}) == "rtsp://u:p@cam/u"
    with pytest.raises(Faults) as caught:
        with_secrets(url, {})
    assert [fault.where for fault in caught.value.faults] == ["USER", "PASSWORD"]
