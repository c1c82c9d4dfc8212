"""One page of a real browser that keeps what went wrong."""

from playwright.sync_api import Page


class Tab:
    """One page of the browser, with everything that it complained about or asked others for."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda asked: self._note(asked.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self._url, "data:", "blob:", self._url.replace("http", "ws", 1))):
            self.foreign.append(url)

    def open(self, path: str) -> Page:
        """Go there and wait until the page is live."""
        self.page.goto(f"{self._url}{path}")
        self.page.wait_for_function("window.did_handshake === true || document.querySelector('.top') !== null")
        return self.page

    def visit(self, path: str) -> Page:
        """Go to a page that is never live: all of it is there at once."""
        self.page.goto(f"{self._url}{path}")
        return self.page
