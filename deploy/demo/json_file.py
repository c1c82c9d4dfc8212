"""The file that an unattended run's report goes to."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from shelfstream.errors import Fault, Faults

_OPTION = "--json"


def check_writable(path: Path) -> None:
    """Raise ``Faults`` where the file could not be written: better said before the run than after it."""
    if not path.parent.is_dir():
        raise Faults("demo", [Fault(_OPTION, f"there is no folder {path.parent}")])
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Faults("demo", [Fault(_OPTION, f"{path} may not be written")])


def write_json(path: Path, told: Mapping[str, object]) -> None:
    """Write the report. Raises ``Faults`` when that fails."""
    try:
        path.write_text(json.dumps(told, indent=2) + "\n")
    except OSError as exc:
        raise Faults("demo", [Fault(_OPTION, f"{path} cannot be written: {exc.strerror}")]) from exc
