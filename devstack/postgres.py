"""PostgreSQL from the system's packages, with a cluster of its own."""

import hashlib
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
from pathlib import Path

from deploy.runtime.server import HOST, Server
from shelfstream.errors import Fault, Faults

DATABASE = "shelfstream"
_OWNER = "shelfstream"
_OPEN_TO_ALL = Path("/var/tmp")  # noqa: S108 - the one place that is there for this, and outlives a restart
_USERS_INSTEAD_OF_ROOT = ("postgres", "nobody")
# The data of tests and development may go with the machine, not with a process: no waiting for the disk.
_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def _find_binaries() -> Path:
    """Folder of the newest server binaries. Debian keeps them off the PATH, one folder per version."""
    on_path = shutil.which("postgres")
    if on_path is not None:
        return Path(on_path).resolve().parent
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "postgres").exists()]
    if not found:
        raise Faults("starting postgres", [Fault("PostgreSQL", "is missing; install it: apt install postgresql")])
    return max(found, key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)])


def _user_instead_of_root() -> str:
    """PostgreSQL refuses to run as root; empty where we are not root."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((user for user in _USERS_INSTEAD_OF_ROOT if user in known), "")


def _closed_above(folder: Path) -> list[Path]:
    """Folders above that PostgreSQL's own user may not enter (a root's home is often closed)."""
    if not _user_instead_of_root():
        return []
    above = [each for each in folder.absolute().parents if each.exists()]
    return [each for each in above if not each.stat().st_mode & stat.S_IXOTH]


def within_reach(folder: Path) -> Path:
    """The folder, or one of the same name that PostgreSQL's own user can get to.

    The other one is always the same for one folder, so that what is kept there is found again.
    """
    if not _closed_above(folder):
        return folder
    place = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:12]
    return _OPEN_TO_ALL / f"shelfstream-{place}" / folder.name


class Postgres(Server):
    """A PostgreSQL that trusts local connections and has one empty database, ``shelfstream``.

    PostgreSQL refuses to run as root: it then runs as ``postgres`` or ``nobody`` and owns its folder.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast shutdown": sessions are ended, not waited for

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """SQLAlchemy's URL of one database."""
        return f"postgresql+psycopg://{_OWNER}@{HOST}:{self.port}/{database}"

    @property
    def user(self) -> str:
        return _user_instead_of_root()

    def prepare(self) -> list[str]:
        binaries = _find_binaries()
        data = self.folder / "data"
        if self.user:
            self._check_within_reach()
            shutil.chown(self.folder, self.user)
        if not (data / "PG_VERSION").exists():
            self._run(binaries / "initdb", "-D", str(data), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = [f"-c{name}={value}" for name, value in _OPTIONS.items()]
        listen = ["-h", HOST, "-p", str(self.port), "-k", str(self.folder)]
        return [str(binaries / "postgres"), "-D", str(data), *listen, *settings]

    def _check_within_reach(self) -> None:
        closed = _closed_above(self.folder.resolve())
        if closed:
            how = f"is closed to user {self.user}; set SHELFSTREAM_CACHE to a folder open to all, or do not run as root"
            raise Faults("starting postgres", [Fault(str(closed[-1]), how)])

    def ready(self) -> bool:
        at = ["-h", HOST, "-p", str(self.port)]
        command = [str(_find_binaries() / "pg_isready"), "-q", *at]
        return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0  # noqa: S603

    def start(self) -> None:
        fresh = not (self.folder / "data").exists()
        super().start()
        if fresh:
            at = ("-h", HOST, "-p", str(self.port), "-U", _OWNER)
            self._run(_find_binaries() / "createdb", *at, DATABASE)

    def _run(self, binary: Path, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603
            [str(binary), *arguments],
            check=False,
            cwd=self.folder,
            capture_output=True,
            text=True,
            user=self.user or None,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise Faults("starting postgres", [Fault(binary.name, f"failed in {self.folder}: {said}")])
