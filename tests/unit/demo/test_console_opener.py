"""The way to the demo's console is told and opened once, when there is a console."""

import threading

from deploy.demo.screen import ConsoleOpener
from tests.unit.spine.spine_fakes import FakeService


class FakeConsole(FakeService):
    """A console that listens once a test says where."""

    def __init__(self) -> None:
        super().__init__("console")
        self.at = ""

    def url(self, within_s: float = 30.0) -> str:
        return self.at


class FakeSign:
    """Remembers what it was told of the console."""

    def __init__(self) -> None:
        self.openings: list[tuple[str, str]] = []

    def opened(self, console_url: str, remark: str) -> None:
        self.openings.append((console_url, remark))


def test_nothing_opens_before_the_console_answers() -> None:
    """Until the console listens neither the sign nor a browser is told of it; then each is, once."""
    console, sign = FakeConsole(), FakeSign()
    pages: list[str] = []
    opened = threading.Event()

    def open_page(url: str) -> None:
        pages.append(url)
        opened.set()

    opener = ConsoleOpener([FakeService("ingest"), console], 8080, open_page)
    opener.check(sign)
    assert (sign.openings, pages) == ([], [])
    console.at = "http://127.0.0.1:8080"
    opener.check(sign)
    opener.check(sign)
    assert opened.wait(10)
    assert sign.openings == [("http://127.0.0.1:8080", "")]
    assert pages == ["http://127.0.0.1:8080"]


def test_a_port_that_was_taken_is_told() -> None:
    """Where the console is not where it was wanted, the sign says why; without a wish there is nothing to say."""
    console, sign = FakeConsole(), FakeSign()
    console.at = "http://127.0.0.1:31007"
    for wanted in (8080, 0):
        ConsoleOpener([console], wanted).check(sign)
    assert [remark for _, remark in sign.openings] == ["port 8080 is taken", ""]


def test_a_run_without_a_console_has_no_door() -> None:
    """Where no service has a URL nothing is ever told."""
    sign = FakeSign()
    ConsoleOpener([FakeService("ingest")], 8080).check(sign)
    assert sign.openings == []
