"""Answers and sign-ins of cameras as they are, not as the standard has them: taken, or told in a sentence."""

import hashlib
import re
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.captured import SourceError, SourceUnavailable
from ingest.sources.open import open_source
from shelfstream.secrets import KnownSecrets, SecretEnvironment
from tests.unit.ingest.ingest_samples import jpeg, opening
from tests.unit.ingest.raw_camera import Answer, raw_camera

_PICTURE = jpeg(100)
_LENGTH = b"Content-Length: %d\r\n" % len(_PICTURE)
_TYPE = b"Content-Type: image/jpeg\r\n"
_OK = b"HTTP/1.1 200 OK\r\n"


def picture_from(head: bytes, body: bytes = _PICTURE, *, keep_open: bool = False) -> object:
    """What a snapshot source makes of an answer."""
    with raw_camera(lambda _: head + b"\r\n" + body, keep_open=keep_open) as base:
        source = open_source(f"http://{base}/shot", {}, opening())
        captured = source.read(2)
        source.close()
    return None if captured is None else captured.picture


@pytest.mark.parametrize(
    "head",
    [
        _OK + b"Fri, 27 Nov 2026 10:00:00 GMT\r\n" + _TYPE + _LENGTH,
        _OK + b"X-Frame-Options : SAMEORIGIN\r\n" + _TYPE + _LENGTH,
        _OK + b"X Frame: SAMEORIGIN\r\n" + _TYPE + _LENGTH,
        _OK + _TYPE + _LENGTH + _LENGTH,
        _OK + _TYPE + b"Content-Length: %d\r\n" % (len(_PICTURE) + 48),
        b"HTTP/1.1 200\r\n" + _TYPE + _LENGTH,
        (_OK + _TYPE + _LENGTH).replace(b"\r", b""),
        _OK + b"Server: K\xfcche\r\n" + _TYPE + _LENGTH,
        _OK + b": nameless\r\n" + _TYPE + _LENGTH,
        _OK + b"Content-Encoding: none\r\n" + _TYPE,
        b"HTTP/1.0 200 OK\r\n",
    ],
)
def test_what_curl_takes_is_taken(head: bytes) -> None:
    """Dates without a name, blanks in names, lengths twice or too large, bare line ends: the whole picture comes."""
    assert picture_from(head) == _PICTURE


def test_bytes_that_were_announced_and_never_come_are_not_waited_for() -> None:
    """The length is 48 too large and the connection stays open: the picture is whole, so it is taken."""
    head = _OK + _TYPE + b"Content-Length: %d\r\n" % (len(_PICTURE) + 48)
    assert picture_from(head, keep_open=True) == _PICTURE


def test_half_a_picture_is_not_taken_for_one() -> None:
    """A connection that ends in the middle is told as that."""
    with pytest.raises(SourceUnavailable, match="in the middle"):
        picture_from(_OK + _TYPE + _LENGTH, _PICTURE[: len(_PICTURE) // 2])


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (_OK + _TYPE + b"hello there\r\n" + _LENGTH, "without colon, in the line after 'Content-Type: image/jpeg'"),
        (_OK + b"Content-Length: many\r\n" + _TYPE, "Content-Length"),
        (b"ICY 200 OK\r\n" + _TYPE, "is not HTTP"),
    ],
)
def test_what_curl_refuses_is_told_with_its_place(head: bytes, told: str) -> None:
    """The sentence says what is wrong and after which line it stands."""
    with pytest.raises(SourceUnavailable, match=told):
        picture_from(head)


def test_lengths_of_parts_that_are_wrong_cost_no_picture() -> None:
    """In a stream, too, a length that is 48 too large does not swallow the next picture's beginning."""
    shades = (60, 120, 180)
    parts = [b"--cut\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(jpeg(s)) + 48, jpeg(s)) for s in shades]
    head = _OK + b"Content-Type: multipart/x-mixed-replace; boundary=cut\r\n\r\n"
    with raw_camera(lambda _: head + b"".join(parts) + b"--cut--" + bytes(100)) as base:
        source = open_source(f"http://{base}/stream", {}, opening())
        seen = source.read(5)
        source.close()
    assert seen is not None
    assert seen.picture in {jpeg(shade) for shade in shades}


def digest_camera(challenges: list[str], user: str, password: str, secrets: list[bytes]) -> Answer:
    """A camera that asks for a sign-in and checks MD5, SHA-256 and SHA-512-256 answers of plain ``auth``."""

    def answer(request: bytes) -> bytes:
        secrets.append(request)
        found = re.search(rb"Authorization: Digest (.*)\r\n", request)
        if found is not None and _is_right(found[1].decode(), challenges[-1], user, password):
            return _OK + _TYPE + _LENGTH + b"\r\n" + _PICTURE
        lines = "".join(f"WWW-Authenticate: {each}\r\n" for each in challenges).encode()
        return b"HTTP/1.1 401 Unauthorized\r\n" + lines + b"Content-Length: 0\r\n\r\n"

    return answer


def _is_right(given: str, challenge: str, user: str, password: str) -> bool:
    """As a camera checks it: with its own realm, however the client wrote that back."""
    fields = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', given)}
    hashes = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
    kind = hashes[fields.get("algorithm", "MD5").upper()]

    def of(text: str) -> str:
        return hashlib.new(kind, text.encode(), usedforsecurity=False).hexdigest()

    (realm,) = re.findall('realm="([^"]*)"', challenge)
    first, second = of(f"{user}:{realm}:{password}"), of(f"GET:{fields['uri']}")
    counted = f":{fields['nc']}:{fields['cnonce']}:{fields['qop']}" if "qop" in fields else ""
    return str(fields["response"]) == of(f"{first}:{fields['nonce']}{counted}:{second}")


@pytest.mark.parametrize(
    "challenges",
    [
        ['Digest realm="shelf", nonce="a1"'],
        ['Digest realm="shelf", nonce="a1", qop="auth,auth-int", algorithm=MD5'],
        ['Digest realm="shelf", nonce="a1", qop="auth", algorithm=SHA-256'],
        ['Digest realm="shelf", nonce="a1", qop="auth", algorithm=SHA-512-256'],
        [
            'Digest realm="shelf", nonce="a1", qop="auth", algorithm=SHA-512-256',
            'Digest realm="shelf", nonce="a1", qop="auth"',
        ],
        ["Negotiate", 'Digest realm="shelf", nonce="a1", qop="auth"'],
        ['Digest realm="the [left] shelf", nonce="a1", qop="auth", stale'],
        ['Digest realm="Küche", nonce="a1", qop="auth"'],
    ],
)
@pytest.mark.parametrize(("user", "password"), [("viewer", "s3cret"), ("küche", "pässwort ist lang")])
def test_digest_signs_in_whatever_the_challenge_looks_like(challenges: list[str], user: str, password: str) -> None:
    """Without qop, with auth-int beside auth, with newer hashes, several challenges, odd realms and names."""
    environment = {"NAME": user, "PASSWORD": password}
    with raw_camera(digest_camera(challenges, user, password, [])) as base:
        source = open_source(f"http://${{NAME}}:${{PASSWORD}}@{base}/shot", environment, opening())
        captured = source.read(2)
        source.close()
    assert captured is not None
    assert captured.picture == _PICTURE


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="shelf"',
        'Digest realm="shelf", nonce="a1", algorithm=ROT13',
        "Digest nonsense",
        "Digest",
        "",
        'Digest realm="shelf", nonce="\xfc", qop="auth-int',
        "Negotiate",
    ],
)
def test_a_challenge_that_cannot_be_answered_is_told(challenge: str, capfd: pytest.CaptureFixture[str]) -> None:
    """With a sentence that names what the camera asks for; nothing raises anything else, nothing shows the password."""
    with raw_camera(digest_camera([challenge], "viewer", "s3cret", [])) as base:
        url = f"http://viewer:${{P}}@{base}/shot"
        with pytest.raises(SourceUnavailable, match="refuses the name or password") as caught:
            open_source(url, {"P": "s3cret"}, opening())
    shown = capfd.readouterr()
    assert "s3cret" not in str(caught.value) + shown.out + shown.err


@pytest.mark.parametrize("password", ["#/?[]", "pa%41ss", "p@ss:word", " blank  ", "ümläut€", "a+b&c=d", "\\\"'"])
@pytest.mark.parametrize("where", ["http://viewer:${P}@{base}/shot", "http://{base}/shot?user=viewer&password=${P}"])
def test_any_password_reaches_the_camera_as_it_is(where: str, password: str) -> None:
    """As digest's answer, and in a query, where it stands encoded."""
    seen: list[bytes] = []
    with raw_camera(digest_camera(['Digest realm="s", nonce="a1", qop="auth"'], "viewer", password, seen)) as base:
        url = where.replace("{base}", base)
        if "?" in url:
            with pytest.raises(SourceUnavailable):
                open_source(url, {"P": password}, opening())
            query = seen[0].split(b" ")[1].decode().partition("&password=")[2]
            assert unquote(query) == password
        else:
            source = open_source(url, {"P": password}, opening())
            assert source.read(2) is not None
            source.close()


@settings(max_examples=60)
@given(st.binary(max_size=300), st.booleans())
def test_no_answer_whatever_ends_in_anything_but_a_sentence(junk: bytes, after_status: bool) -> None:
    """Junk instead of an answer, or after its status line: a source or a ``SourceError``."""
    data = _OK + junk if after_status else junk
    with raw_camera(lambda _: data) as base:
        try:
            source = open_source(f"http://viewer:pw@{base}/shot", {}, opening())
            source.read(1)
            source.close()
        except SourceError as exc:
            assert str(exc)  # noqa: PT017 - whatever it is, it says something


def test_a_value_that_was_asked_for_is_a_secret_from_then_on() -> None:
    """The environment that a camera's URL is filled from tells the process's masking what to look for."""
    secrets = KnownSecrets()
    environment = SecretEnvironment({"P": "s3cret/word", "HOME": "/home/me"}, secrets)
    with pytest.raises(SourceError):
        open_source("http://viewer:${P}@127.0.0.1:1/shot", environment, opening())
    assert secrets.mask("s3cret/word and s3cret%2Fword at /home/me") == "******** and ******** at /home/me"
