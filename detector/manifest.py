"""The manifest beside exported weights: what they are, how they came to be, and what they can do."""

import hashlib
import math
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shelfstream.errors import Fault, Faults
from shelfstream.wire import summary

SHIPPED = Path(__file__).parent / "weights" / "shelfnet-edge.json"
_SAFE_SUFFIXES = (".onnx", ".safetensors")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ScoreFit(_Entry):
    """A straight line from heat (a logit) to the logit of being right."""

    slope: Annotated[float, Field(gt=0)] = 1.0
    shift: float = 0.0

    def chance(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Chances in 0…1 for logits of heat."""
        chances: NDArray[np.float32] = 1 / (1 + np.exp(-(self.slope * logits + self.shift)))
        return chances.astype(np.float32)

    def logit_of(self, chance: float) -> float:
        """The heat at which the chance is ``chance``."""
        return (math.log(chance / (1 - chance)) - self.shift) / self.slope


class LooksFit(_Entry):
    """From likeness (cosine) to the chance of being a product: a softmax with an unknown product beside the known."""

    temperature: Annotated[float, Field(gt=0)] = 0.06
    unknown_at: float = 0.5


class RecipeNote(_Entry):
    """How the weights were trained; running the command again gives weights like these."""

    scenes_command: str
    command: str
    seed: int
    steps: int
    batch: int
    minutes: float
    scenes: int
    data: str


class Manifest(_Entry):
    """``files`` maps each weights file to its SHA-256. ``metrics`` names split, measure and value.

    ``recipe`` is the last run; ``earlier`` are those whose weights it began with, the first one first.
    """

    name: str
    classes: tuple[str, ...]
    work_pixels: Annotated[int, Field(ge=1024)]
    files: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]
    score_fits: tuple[ScoreFit, ScoreFit, ScoreFit, ScoreFit] = (ScoreFit(), ScoreFit(), ScoreFit(), ScoreFit())
    looks_fit: LooksFit = LooksFit()
    recipe: RecipeNote
    earlier: tuple[RecipeNote, ...] = ()
    metrics: dict[str, float] = {}

    @property
    def model(self) -> str:
        """Names these exact weights, as messages carry it."""
        digests = "".join(digest for _, digest in sorted(self.files.items()))
        return f"{self.name}@{hashlib.sha256(digests.encode()).hexdigest()[:12]}"


def read_manifest(path: Path) -> Manifest:
    """Raises ``Faults`` where there is none or it is wrong."""
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise Faults("model", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    except ValidationError as exc:
        raise Faults("model", [Fault(str(path), summary(exc))]) from exc


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Put the manifest beside its weights."""
    path.write_text(manifest.model_dump_json(indent=2) + "\n")


def read_weights(manifest_path: Path, suffix: str) -> bytes:
    """The weights file of that suffix, checked against its hash before anything looks into it.

    Raises ``Faults`` for a hash that differs, a file that is not there, and formats that can hold code.
    """
    manifest = read_manifest(manifest_path)
    faults = [
        Fault(name, "is neither ONNX nor safetensors; formats that can run code when read are refused")
        for name in manifest.files
        if not name.endswith(_SAFE_SUFFIXES) or Path(name).name != name
    ]
    if faults:
        raise Faults("model", faults)
    names = [name for name in manifest.files if name.endswith(suffix)]
    if len(names) != 1:
        raise Faults("model", [Fault(str(manifest_path), f"names {len(names)} {suffix} files, not one")])
    path = manifest_path.parent / names[0]
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise Faults("model", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    if hashlib.sha256(data).hexdigest() != manifest.files[names[0]]:
        raise Faults("model", [Fault(str(path), "is not the file that its manifest describes (its hash differs)")])
    return data
