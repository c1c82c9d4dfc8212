"""Runs a store on one machine without any server set up.

The bus is a file, history is SQLite, pictures stand in a folder, all below one data folder; Redis is started beside the
stages and ends with them. The catalogue's folder is published, and followed while it is edited. Settings that name a
server are used instead of what would be started here.
"""

import fcntl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from console.access.accounts import INVITATION, INVITED_FOR, Account, Accounts
from console.access.roles import Role
from console.settings import ConsoleSettings
from deploy.runtime.catalogue_folder import FolderFollower, sound_folder
from deploy.runtime.redis_server import EmbeddedRedis
from deploy.runtime.run import HasUrl, run_stages
from deploy.runtime.settings import Effective, Mode, read_settings
from shelfstream.clock import Clock
from shelfstream.errors import Fault, Faults
from shelfstream.service import Service, StageContext

_LOCK = "run.lock"
_REDIS_URL = "SHELFSTREAM_REDIS__URL"
_PAGES_WRITE_TO = "SHELFSTREAM_CONSOLE__CATALOGUE_FOLDER"
_LISTENS_WITHIN_S = 1.0
_FIRST = "admin"


def run_store(
    folder: Path, stages: Sequence[str], config: Path | None, environ: Mapping[str, str], terminal: Console
) -> int:
    """Run until a signal or a failure; returns the exit code as ``run_stages`` does.

    Raises ``Faults`` for what is wrong before anything runs, the folder's faults among them, each with its line.
    """
    sound_folder(folder)
    settings = read_settings(config, environ, needed=stages)
    if _pages_write_nowhere(settings):
        environ = {**environ, _PAGES_WRITE_TO: str(folder.resolve())}
        settings = read_settings(config, environ, needed=stages)
    data = settings.process.data_folder

    def beside(context: StageContext, services: Sequence[Service]) -> Sequence[Service]:
        console = settings.stages.get("console")
        nobody_signs_in = isinstance(console, ConsoleSettings) and console.sign_in == "off"
        accounts = None if nobody_signs_in else Accounts(context.engine)
        consoles = [
            Welcome(service, terminal, accounts, context.clock) for service in services if isinstance(service, HasUrl)
        ]
        return [FolderFollower(folder, context), *consoles]

    with ExitStack() as stack:
        stack.enter_context(held(data, "process.data_folder"))
        # In production a Redis has a password and a name of its own: that it is missing is told as for any process.
        if settings.redis.url is None and settings.process.mode is not Mode.PRODUCTION:
            redis = stack.enter_context(EmbeddedRedis(data / "redis"))
            settings = read_settings(config, {**environ, _REDIS_URL: redis.url}, needed=stages)
        return run_stages(stages, settings, beside=beside)


def _pages_write_nowhere(settings: Effective) -> bool:
    """Whether there are pages, and nobody said where they are to write what is changed on them."""
    console = settings.stages.get("console")
    return isinstance(console, ConsoleSettings) and console.catalogue_folder is None


@contextmanager
def held(folder: Path, option: str, lock_name: str = _LOCK) -> Iterator[None]:
    """Make a data folder and keep others out of it; the kernel lets go when this process ends, however it does.

    Raises ``Faults`` where it cannot be made, or another process runs on it, which is left in peace. ``option`` is what
    a person changes then.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / lock_name).open("a")
    except OSError as exc:
        raise Faults("data folder", [Fault(option, f"{folder} cannot be written to: {exc.strerror}")]) from exc
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            message = f"another process runs on {folder}; stop that one, or choose another folder"
            raise Faults("data folder", [Fault(option, message)]) from exc
        yield


class Welcome:
    """A service that says where the console is, once it listens, and ends. Where there are ``accounts`` to sign in
    with, but none yet, it makes the first one and says how to choose its password.
    """

    name = "welcome"

    def __init__(self, console: HasUrl, terminal: Console, accounts: Accounts | None, clock: Clock) -> None:
        self._console = console
        self._terminal = terminal
        self._accounts = accounts
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Wait for the console, or for ``stop``."""
        url = ""
        while not url and not stop.is_set():
            url = self._console.url(_LISTENS_WITHIN_S)
        if url:
            self._say(f"The console is at {url}")
            if self._accounts is not None and not self._accounts.are_there():
                self._invite(self._accounts, url)

    def _invite(self, accounts: Accounts, url: str) -> None:
        now = self._clock.now()
        accounts.add(Account(_FIRST, Role.ADMINISTRATOR, None), now)
        code = accounts.invite(_FIRST, now, INVITED_FOR)
        hours = round(INVITED_FOR.total_seconds() / 3600)
        self._say(f"Choose {_FIRST}'s password within {hours} hours: {url}/{INVITATION}/{code}")

    def _say(self, sentence: str) -> None:
        self._terminal.print(sentence, markup=False, highlight=False, soft_wrap=True)

    def alive(self) -> bool:
        """Nothing hangs here for long."""
        return True

    def ready(self) -> bool:
        """Nothing waits for this."""
        return True
