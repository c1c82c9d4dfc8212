"""What every manifest says of weights, and how the files beside it are read: each only if it is what is said of it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shelfstream.errors import Fault, Faults
from shelfstream.wire import summary

SAFE_SUFFIXES = (".onnx", ".safetensors")
"""Formats that hold numbers alone: reading one runs nothing."""


class FileEntry(BaseModel):
    """Base of all that stands in a manifest: frozen, and a misspelt field is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class WeightsNote(FileEntry):
    """``files`` maps each file beside the manifest to its SHA-256; ``metrics`` names split, measure and value."""

    name: str
    files: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]
    metrics: dict[str, float] = {}

    @property
    def model(self) -> str:
        """Names these exact weights, as messages carry it."""
        digests = "".join(digest for _, digest in sorted(self.files.items()))
        return f"{self.name}@{hashlib.sha256(digests.encode()).hexdigest()[:12]}"


Note = TypeVar("Note", bound=WeightsNote)


def read_note(path: Path, kind: type[Note]) -> Note:
    """The manifest at ``path``. Raises ``Faults`` where there is none or it is wrong."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise Faults("model", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    except ValidationError as exc:
        raise Faults("model", [Fault(str(path), summary(exc))]) from exc


def write_note(note: WeightsNote, path: Path) -> None:
    """Put the manifest beside its weights."""
    path.write_text(note.model_dump_json(indent=2) + "\n")


def sha256_of(path: Path) -> str:
    """What a manifest notes of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_verified(manifest: Path, digests: Mapping[str, str], suffix: str) -> bytes:
    """The one file with that suffix among ``digests`` (SHA-256 by file name), checked before anything looks into it.

    Raises ``Faults`` for a hash that differs, a file that is not there, and formats that can hold code.
    """
    faults = [
        Fault(name, "is neither ONNX nor safetensors; formats that can run code when read are refused")
        for name in digests
        if not name.endswith(SAFE_SUFFIXES) or Path(name).name != name
    ]
    if faults:
        raise Faults("model", faults)
    names = [name for name in digests if name.endswith(suffix)]
    if len(names) != 1:
        raise Faults("model", [Fault(str(manifest), f"names {len(names)} {suffix} files, not one")])
    path = manifest.parent / names[0]
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise Faults("model", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    if hashlib.sha256(data).hexdigest() != digests[names[0]]:
        raise Faults("model", [Fault(str(path), "is not the file that its manifest describes (its hash differs)")])
    return data
