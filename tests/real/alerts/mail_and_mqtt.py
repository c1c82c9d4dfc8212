"""A mail server and an MQTT broker on this machine, that can be away, slow, or refuse for a while."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import paho.mqtt.client as mqtt
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from paho.mqtt.enums import CallbackAPIVersion

HOST = "127.0.0.1"
TOPIC = "shelves/main-street"


@dataclass
class Mailbox:
    """What a mail server took. It puts off the first ``refuses`` messages (greylisting); each takes ``slow_s``."""

    refuses: int = 0
    slow_s: float = 0.0
    asked: int = 0
    taken: list[Message] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Take a message, or put it off."""
        self.asked += 1
        await asyncio.sleep(self.slow_s)
        if self.asked <= self.refuses:
            return "451 4.7.1 try again later"
        content = envelope.content
        self.taken.append(message_from_bytes(content if isinstance(content, bytes) else str(content).encode()))
        return "250 OK"


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[str]:
    """The server, as an apprise URL."""
    controller = Controller(mailbox, hostname=HOST, port=free_port())
    controller.start()
    try:
        yield f"mailto://{HOST}:{controller.port}/?from=shelves@shop.example&to=staff@shop.example&mode=insecure"
    finally:
        controller.stop()


@contextmanager
def mqtt_broker(folder: Path, port: int) -> Iterator[None]:
    """Mosquitto on a port. Fails with a sentence where it is not installed."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    assert program, "mosquitto is missing; install it: apt install mosquitto"
    configured = folder / "mosquitto.conf"
    configured.write_text(f"listener {port} {HOST}\nallow_anonymous true\npersistence false\n")
    with subprocess.Popen([program, "-c", str(configured)], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_port(port)
            yield
        finally:
            process.terminate()


@contextmanager
def subscriber(port: int) -> Iterator[list[str]]:
    """What comes on the topic, while somebody listens."""
    taken: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: taken.append(message.payload.decode())
    client.connect(HOST, port)
    client.subscribe(TOPIC, qos=1)
    client.loop_start()
    try:
        yield taken
    finally:
        client.loop_stop()
        client.disconnect()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for_port(port: int) -> None:
    """Until somebody listens there."""
    ends_s = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            assert time.monotonic() < ends_s, f"nobody listens on {port}"
            time.sleep(0.05)
        else:
            return
