"""The demo's settings: everything embedded, in one folder; what a person set for single stages still holds."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.runtime.settings import Effective, read_settings
from deploy.runtime.stages import STAGES

DEMO_STORE = Path(__file__).parents[1] / "demo_store"
_PREFIX = "SHELFSTREAM_"
_HOST = "127.0.0.1"
_FAST = {
    # Goods move at the simulator's speed, people at their own: they walk past in some seconds.
    "ANALYTICS__BELIEF__CHANGE__PACE": "60",
    "ANALYTICS__BELIEF__CHANGE__PASSER_STAYS_S": "4",
    "ANALYTICS__BELIEF__CHANGE__PARKED_STAYS_S": "20",
    "ANALYTICS__BELIEF__INDEPENDENT_AFTER_S": "0.7",
    "ALERTS__COOLDOWN_S": "30",
    "ALERTS__LATER_S": "30",
    "ALERTS__REFILLED_GRACE_S": "30",
}
"""The defaults are a store's; the demonstration's shelves live sixty times as fast."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line says. ``run_for_s`` of ``None``: until somebody stops it."""

    data_folder: Path
    console_port: int
    run_for_s: float | None = None
    headless: bool = False
    browser: bool = True
    json_path: Path | None = None


def demo_settings(options: DemoOptions, redis_url: str, environ: Mapping[str, str]) -> Effective:
    """Settings of the one process. Raises ``Faults``."""
    ours = {
        "PROCESS__DATA_FOLDER": str(options.data_folder),
        "PROCESS__NAME": "demo",
        "PROCESS__LOG_LEVEL": "warning",
        "REDIS__URL": redis_url,
        "CONSOLE__PORT": str(console_port(options.console_port)),
        "CONSOLE__HOST": _HOST,
        "CONSOLE__SIGN_IN": "off",
    }
    demo = {_PREFIX + name: value for name, value in _FAST.items()}
    ours["ALERTS__DELIVERY__CONSOLE_URL"] = f"http://{_HOST}:{ours['CONSOLE__PORT']}"
    stages = tuple(f"{_PREFIX}{stage.upper()}__" for stage in STAGES)
    kept = {name: value for name, value in environ.items() if name.startswith(stages)}
    return read_settings(
        None, {**demo, **kept, **{_PREFIX + name: value for name, value in ours.items()}}, needed=tuple(STAGES)
    )


def console_port(wanted: int) -> int:
    """The wanted port, or a free one when somebody listens there."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((_HOST, port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    return 0
