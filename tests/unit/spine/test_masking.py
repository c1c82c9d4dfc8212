"""What is shown of texts with URLs in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelfstream.secrets import MASK, without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://:hunter2@redis:6379/0", f"redis://:{MASK}@redis:6379/0"),
        ("https://u:hunter2@h", f"https://u:{MASK}@h"),
        ("s3://key:sec/ret@bucket/x?secret=hunter2", f"s3://key:{MASK}@bucket/x?secret={MASK}"),
        ("rtsp://me:hunt/er2@camera:554/live", f"rtsp://me:{MASK}@camera:554/live"),
        ("rtsp://me:hunt@er2@camera/live", f"rtsp://me:{MASK}@camera/live"),
        ("rtsp://me:hunt?er#2@camera/live", f"rtsp://me:{MASK}@camera/live"),
        ("rtsp://me@mail.example:hunter2@camera/live", f"rtsp://me@mail.example:{MASK}@camera/live"),
        ("rtsp://me:1234@camera:554/live", f"rtsp://me:{MASK}@camera:554/live"),
        ("rtsp://me:12/34@camera:554/live", f"rtsp://me:{MASK}@camera:554/live"),
        ("s3://key:${SECRET}@bucket", f"s3://key:{MASK}@bucket"),
        ("simplecache::s3://key:hunter2@bucket", f"simplecache::s3://key:{MASK}@bucket"),
        ("http://a/b, http://u:hunter2@c", f"http://a/b, http://u:{MASK}@c"),
        ("https://host/x?token=hunter2&mode=&b=1;c=2", f"https://host/x?token={MASK}&mode=&b={MASK};c={MASK}"),
        ("https://host/x?hunter2", f"https://host/x?{MASK}"),
        ("https://host/x?mail=a@b", f"https://host/x?mail={MASK}"),
    ],
)
def test_passwords_and_queries_are_masked(text: str, shown: str) -> None:
    """Of a URL with a password, however it is written, all but the password and the query's values is shown."""
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8080",
        "http://camera:8080/live/1",
        "rtsp://viewer@camera:554/live",
        "redis://[::1]:6379/0",
        "file:///srv/pictures",
        "memory://pictures",
        "s3://bucket/folder@2",
        "https://host/a:b@c",
        "a:9092,b:9092",
        "SASL_SSL://a:9092,SSL://b:9093",
        "data/what?ever",
        "u:name@host",
        "",
    ],
)
def test_what_holds_no_secret_is_shown_as_it_is(text: str) -> None:
    """Plain URLs with ports, users and paths, and texts that are no URLs, lose nothing."""
    assert without_secrets(text) == text


@given(st.text(min_size=1, max_size=12), st.sampled_from(["", "u", "me@mail.example"]))
def test_no_password_is_ever_shown(password: str, user: str) -> None:
    """Whatever a password is made of, it ends behind the mask."""
    shown = without_secrets(f"rtsp://{user}:{password}@camera:554/live")
    assert shown == f"rtsp://{user}:{MASK}@camera:554/live"


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_value_of_a_query_is_ever_shown(first: str, second: str) -> None:
    """Whatever the values of a query are made of, nothing of them stays."""
    shown = without_secrets(f"https://host/x?a=<{first}>&b=<{second}>")
    assert shown.startswith(f"https://host/x?a={MASK}")
    assert "<" not in shown
    assert ">" not in shown
