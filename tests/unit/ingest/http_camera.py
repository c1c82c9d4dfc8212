"""A real local HTTP server that acts as a camera: snapshots and MJPEG, with and without sign-in."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.unit.ingest.ingest_samples import jpeg

_NONCE = "abc123"
_USER, _PASSWORD = "user", "p@ss"


class HttpCamera(ThreadingHTTPServer):
    """What the camera does is set by its attributes; they may change while it runs."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.picture = jpeg(100)
        self.date: str | None = None
        self.status = 200
        self.auth: str | None = None
        self.frozen = threading.Event()
        self.thaw = threading.Event()
        self.parts_max = 1_000_000
        self.timestamp: float | None = None
        self.requests = 0

    @property
    def base(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: HttpCamera

    def do_GET(self) -> None:
        camera = self.server
        camera.requests += 1
        if camera.auth and not self._signed_in(camera.auth):
            return
        if self.path.startswith("/mjpeg"):
            self._stream(camera)
            return
        self.send_response_only(camera.status)
        if camera.date is not None:
            self.send_header("Date", camera.date)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(camera.picture)))
        self.end_headers()
        self.wfile.write(camera.picture)

    def _stream(self, camera: HttpCamera) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            for _ in range(camera.parts_max):
                stamp = f"X-Timestamp: {camera.timestamp}\r\n" if camera.timestamp is not None else ""
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(camera.picture)}\r\n{stamp}\r\n"
                self.wfile.write(head.encode() + camera.picture + b"\r\n")
                if camera.frozen.wait(0.02):
                    camera.thaw.wait(20)
        except OSError:
            return

    def _signed_in(self, kind: str) -> bool:
        given = self.headers.get("Authorization", "")
        expected = hashlib.md5(f"{_USER}:shelf:{_PASSWORD}".encode(), usedforsecurity=False).hexdigest()
        if kind == "digest" and given.startswith("Digest"):
            fields = dict(each.strip().split("=", 1) for each in given.removeprefix("Digest ").split(","))
            fields = {name: value.strip('"') for name, value in fields.items()}
            what = hashlib.md5(f"GET:{fields['uri']}".encode(), usedforsecurity=False).hexdigest()
            body = f"{expected}:{_NONCE}:{fields['nc']}:{fields['cnonce']}:auth:{what}"
            if fields["response"] == hashlib.md5(body.encode(), usedforsecurity=False).hexdigest():
                return True
        if kind == "basic" and given == "Basic dXNlcjpwQHNz":
            return True
        self.send_response(401)
        challenge = 'Basic realm="shelf"'
        if kind == "digest":
            challenge = f'Digest realm="shelf", nonce="{_NONCE}", qop="auth", algorithm=MD5'
        self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Nothing is logged."""


@contextmanager
def http_camera() -> Iterator[HttpCamera]:
    """The server, running."""
    with HttpCamera() as camera:
        thread = threading.Thread(target=camera.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield camera
        finally:
            camera.thaw.set()
            camera.shutdown()
            thread.join()
