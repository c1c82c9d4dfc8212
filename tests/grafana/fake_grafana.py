"""A stand-in for Grafana's HTTP API: the calls that the client may make, with the answers that Grafana documents."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "glsa_a-token"
_SOURCE_FIELDS = {"uid", "name", "type", "access", "url", "user", "jsonData", "secureJsonData"}
Answer = tuple[int, dict[str, Any]]


@dataclass
class FakeGrafana:
    """What a Grafana server holds, and the calls that it got."""

    url: str = ""
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    down: bool = False

    def answer(self, method: str, path: str, body: dict[str, Any], authorization: str | None) -> Answer:
        self.calls.append(f"{method} {path}")
        if self.down:
            return 503, {"message": "starting"}
        if authorization != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key"}
        kind, _, rest = path.removeprefix("/api/").partition("/")
        handlers = {"datasources": self._source, "folders": self._folder, "dashboards": self._dashboard}
        return handlers[kind](method, rest, body) if kind in handlers else (404, {"message": "Not found"})

    def _source(self, method: str, rest: str, body: dict[str, Any]) -> Answer:
        uid = rest.removeprefix("uid/")
        if method == "GET":
            return (200, self.sources[uid]) if uid in self.sources else (404, {"message": "Data source not found"})
        if set(body) - _SOURCE_FIELDS or not {"name", "type", "access"} <= set(body):
            return 400, {"message": f"bad request data: {sorted(body)}"}
        names = {source["name"]: uid for uid, source in self.sources.items()}
        if names.get(body["name"], body["uid"]) != body["uid"]:
            return 409, {"message": "data source with the same name already exists"}
        if method == "POST" and body["uid"] in self.sources:
            return 409, {"message": "data source with the same uid already exists"}
        if method == "PUT" and uid not in self.sources:
            return 404, {"message": "Data source not found"}
        self.sources[body["uid"]] = body
        return 200, {"datasource": body, "message": "Datasource updated"}

    def _folder(self, method: str, uid: str, body: dict[str, Any]) -> Answer:
        if method == "GET":
            return (200, self.folders[uid]) if uid in self.folders else (404, {"message": "folder not found"})
        if method == "POST":
            if body["uid"] in self.folders:
                return 412, {"message": "the folder has been changed by someone else"}
            self.folders[body["uid"]] = {**body, "version": 1}
            return 200, self.folders[body["uid"]]
        if method == "PUT" and uid in self.folders and body.get("overwrite"):
            self.folders[uid] = {**self.folders[uid], "title": body["title"]}
            return 200, self.folders[uid]
        return 412, {"message": "the folder has been changed by someone else"}

    def _dashboard(self, method: str, rest: str, body: dict[str, Any]) -> Answer:
        if (method, rest) != ("POST", "db"):
            return 404, {"message": "Not found"}
        board = body["dashboard"]
        if not board.get("title"):
            return 400, {"message": "Dashboard title cannot be empty"}
        if body["folderUid"] not in self.folders:
            return 400, {"message": "folder not found"}
        if board["uid"] in self.dashboards and not body.get("overwrite"):
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        self.dashboards[board["uid"]] = board
        return 200, {"uid": board["uid"], "status": "success", "url": f"/d/{board['uid']}/store", "version": 1}


@contextmanager
def fake_grafana() -> Iterator[FakeGrafana]:
    """A fake Grafana that listens on a port of its own."""
    held = FakeGrafana()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}") or {}
            status, answer = held.answer(self.command, self.path, body, self.headers.get("Authorization"))
            told = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_PUT = _do  # noqa: N815  # the base class names them so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
