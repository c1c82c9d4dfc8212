"""Reads files beside a manifest, each only if it is what the manifest says."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from shelfstream.errors import Fault, Faults

SAFE_SUFFIXES = (".onnx", ".safetensors")
"""Formats that hold numbers alone: reading one runs nothing."""


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
