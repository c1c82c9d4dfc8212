"""Free TCP ports on this machine's loopback."""

import random
import socket

HOST = "127.0.0.1"
# Below Linux's range for outgoing connections, so that no client takes the port between the choice and its use.
_LOWEST, _HIGHEST = 15_000, 32_000
_TRIES = 200


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    for _ in range(_TRIES):
        port = random.randint(_LOWEST, _HIGHEST)
        with socket.socket() as trial:
            try:
                trial.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {_LOWEST} and {_HIGHEST} on {HOST}")


def answers(port: int, question: bytes = b"", answer: bytes = b"", timeout_s: float = 1.0) -> bool:
    """Whether somebody listens on ``port`` and, to ``question``, says something that begins with ``answer``."""
    try:
        with socket.create_connection((HOST, port), timeout_s) as connection:
            if not question:
                return True
            connection.sendall(question)
            return connection.recv(len(answer)) == answer
    except OSError:
        return False
