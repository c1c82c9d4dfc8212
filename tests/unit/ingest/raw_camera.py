"""A camera that answers with exactly the bytes that a test gives it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[bytes], bytes]


@contextmanager
def raw_camera(answer: Answer, *, keep_open: bool = False) -> Iterator[str]:
    """Serve ``answer(request)`` to every request, on a connection that then ends; gives host and port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        thread = threading.Thread(target=_serve, args=(server, answer, held if keep_open else None), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in held:
                connection.close()


def _serve(server: socket.socket, answer: Answer, held: list[socket.socket] | None) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        request = b""
        while b"\r\n\r\n" not in request and (data := connection.recv(65_536)):
            request += data
        if request:
            connection.sendall(answer(request))
        if held is None:
            connection.close()
        else:
            held.append(connection)
