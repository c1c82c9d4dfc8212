"""What a log may hold: every failure, and no secret, in both formats."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shelfstream.logs import LogFormat, LogLevel, configure_logs
from shelfstream.secrets import KnownSecrets

# The mark makes sure that nothing else in a log looks like one.
_SECRETS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*\r\n"), min_size=1, max_size=20).map(
    "§pw§".__add__
)
_FAILURES = (ValueError, KeyError, OSError, RuntimeError, ZeroDivisionError)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The root logger and structlog as they were."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def fail_with(password: str, kind: type[Exception], *, told: bool) -> None:
    """A failure deep in a call whose local variables hold the password; ``told``: its message does, too."""
    signed = f"viewer:realm:{password}"
    raise kind(f"cannot sign in with {signed}" if told else f"cannot sign in: {len(signed)}")


def logged(form: LogFormat, password: str, kind: type[Exception], *, told: bool) -> str:
    written, secrets = io.StringIO(), KnownSecrets()
    secrets.add(f"rtsp://viewer:{password}@camera/live")
    configure_logs(form, LogLevel.INFO, process="p", stream=written, secrets=secrets)
    try:
        fail_with(password, kind, told=told)
    except _FAILURES as exc:
        structlog.get_logger("ours").error("service_crashed", exc_info=exc, url=f"rtsp://viewer:{password}@camera/live")
        logging.getLogger("theirs").exception("a library's own words about %s", password)
    return written.getvalue()


@pytest.mark.parametrize("form", list(LogFormat))
@given(password=_SECRETS, kind=st.sampled_from(_FAILURES), told=st.booleans())
def test_no_failure_brings_a_secret_into_the_log(
    form: LogFormat, password: str, kind: type[Exception], told: bool
) -> None:
    """Whatever fails, with whatever message, logged by us or by a library: the password is nowhere, the failure is."""
    text = logged(form, password, kind, told=told)
    assert "§pw§" not in text
    assert kind.__name__ in text
    assert "********" in text


def test_a_traceback_shows_no_variables() -> None:
    """Passwords that nobody has told the log of are not in it either, since no variable's value is."""
    for form in LogFormat:
        written = io.StringIO()
        configure_logs(form, LogLevel.INFO, stream=written)
        try:
            fail_with("-".join(["n0b0dy", "kn0ws"]), ValueError, told=False)
        except ValueError as exc:
            structlog.get_logger("ours").error("crashed", exc_info=exc)
        assert "fail_with" in written.getvalue()
        assert "n0b0dy-kn0ws" not in written.getvalue()


def test_json_lines_stay_json() -> None:
    """A line is one JSON object, masked or not, traceback included."""
    for line in logged(LogFormat.JSON, "s3cret-w0rd", ValueError, told=True).splitlines():
        assert "********" in json.dumps(json.loads(line))
