"""``python -m devstack.kafka.jars``: fetch Kafka's jars with Maven into the cache folder, unless they are there."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from shelfstream.errors import Fault, Faults

_POM = Path(__file__).parent / "pom.xml"
_FETCHED_WITHIN_S = 600


def kafka_jars(cache: Path) -> Path:
    """Folder with the broker's jars; fetches them if this POM's are not there yet. Raises ``Faults``."""
    version = hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]
    # Maven would take a relative folder as relative to the POM.
    jars = cache.resolve() / "kafka" / version
    if jars.is_dir():
        return jars
    jars.parent.mkdir(parents=True, exist_ok=True)
    with (jars.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            _fetch(jars)
    return jars


def _fetch(jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Faults("fetching kafka", [Fault("Maven", "is missing; install it: apt install maven")])
    partial = jars.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={partial}"]
    try:
        done = subprocess.run(  # noqa: S603
            [maven, "--batch-mode", "--quiet", "--file", str(_POM), *goal],
            check=False,
            capture_output=True,
            text=True,
            timeout=_FETCHED_WITHIN_S,
        )
    except subprocess.TimeoutExpired as exc:
        raise Faults("fetching kafka", [Fault("Maven Central", f"gave nothing for {_FETCHED_WITHIN_S} s")]) from exc
    if done.returncode != 0:
        said = (done.stdout or done.stderr).strip()
        raise Faults("fetching kafka", [Fault("Maven", f"failed; is Maven Central within reach? It said:\n{said}")])
    partial.rename(jars)


def main() -> int:
    """Fetch and say where they are; 1 when that failed."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        folder = kafka_jars(Path(os.environ.get("SHELFSTREAM_CACHE", ".cache")))
    except Faults as faults:
        console.print(str(faults), style="red", markup=False)
        return 1
    console.print(f"Kafka's jars: {folder}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
