"""One who looks at a store: a browser's page as the server sees it, without a browser."""

import json
import re
import time
from dataclasses import dataclass, field

import aiohttp
import socketio

_CLIENT = re.compile(r"""["']client_id["']: ?["']([0-9a-f-]+)["']""")
_NEXT = re.compile(r"""["']next_message_id["']: ?(\d+)""")


@dataclass
class Viewer:
    """``seen``: when a text that holds a word came, by word. Times are ``time.perf_counter`` seconds."""

    url: str
    path: str
    waiting: dict[str, float] = field(default_factory=dict)
    lags_s: list[float] = field(default_factory=list)
    updates: int = 0
    opened_s: float = 0.0

    async def open(self, session: aiohttp.ClientSession) -> None:
        """Ask for the page, then connect as its script does."""
        began_s = time.perf_counter()
        async with session.get(f"{self.url}{self.path}") as answered:
            page = await answered.text()
        found = _CLIENT.search(page)
        if found is None:
            raise ValueError(f"no page of NiceGUI: {page[:300]}")
        next_id = _NEXT.search(page)
        self._client_id = found[1]
        self._socket = socketio.AsyncClient(http_session=session, reconnection=False)
        self._socket.on("update", self._updated)
        query = {
            "client_id": self._client_id,
            "document_id": f"d-{self._client_id}",
            "tab_id": f"t-{self._client_id}",
            "old_tab_id": "",
            "next_message_id": next_id[1] if next_id else "0",
            "implicit_handshake": "true",
        }
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        await self._socket.connect(
            f"{self.url}/?{asked}", socketio_path="_nicegui_ws/socket.io", transports=["websocket"]
        )
        self.opened_s = time.perf_counter() - began_s

    def expect(self, word: str) -> None:
        """From now on an update with this word is waited for."""
        self.waiting[word] = time.perf_counter()

    async def close(self) -> None:
        """Go."""
        await self._socket.disconnect()

    def _updated(self, update: object) -> None:
        self.updates += 1
        text = json.dumps(update)
        now_s = time.perf_counter()
        for word in [each for each in self.waiting if each in text]:
            self.lags_s.append(now_s - self.waiting.pop(word))
