"""A reverse proxy that serves another server below a path, as nginx does with ``X-Forwarded-Prefix``."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_REQUEST = re.compile(rb"([A-Z]+) (\S+) (HTTP/1\.[01])\r\n")


@contextmanager
def prefix_proxy(port: int, prefix: str) -> Iterator[str]:
    """The address of the proxy, running; what is not below ``prefix`` is not there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, port, prefix.encode()), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}{prefix}"
        server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, port: int, prefix: bytes) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, port, prefix), daemon=True).start()


def _serve(client: socket.socket, port: int, prefix: bytes) -> None:
    """One request a connection; a web socket stays open."""
    with client, suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(65_536)
            if not data:
                return
            head += data
        found = _REQUEST.match(head)
        if found is None or not found[2].startswith(prefix + b"/"):
            client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        rest = head[found.end() :]
        if b"upgrade: websocket" not in rest.lower():
            rest = re.sub(rb"(?im)^connection:[^\r]*\r\n", b"", rest)
            rest = b"Connection: close\r\n" + rest
        line = b" ".join((found[1], found[2].removeprefix(prefix), found[3]))
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            upstream.sendall(line + b"\r\nX-Forwarded-Prefix: " + prefix + b"\r\n" + rest)
            back = threading.Thread(target=_pump, args=(upstream, client), daemon=True)
            back.start()
            _pump(client, upstream)
            back.join(30)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
