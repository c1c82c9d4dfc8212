"""The manifest beside exported weights: what they are, how they came to be, what they can do, how their maps lie.

The layout of the maps is what training, export, backends and decoding share. No torch here.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from detector.weights_file import FileEntry, WeightsNote, read_note, read_verified, write_note

STRIDE_PX = 4
"""Picture pixels per cell of the maps."""
SIDE_MULTIPLE_PX = 32
KINDS = 4
"""Channels of heat and areas: facings, gaps, occluders, tags, in the order of ``FacingKind``."""
BOX_CHANNELS = 4
OUTPUT_NAMES = ("heat", "edges", "areas")

Maps = NDArray[np.float32]

SHIPPED = Path(__file__).parent / "weights" / "shelfnet-edge.json"


@dataclass(frozen=True, eq=False)
class RawMaps:
    """What a backend gives for N pictures of H × W px, all float32, with a channel per kind in heat and areas.

    ``heat`` (N, 4, H/4, W/4) logits of centres; ``edges`` (N, 4, H/4, W/4) distances to the left, top, right and bottom
    edge in units of 4 px; ``areas`` (N, 4, H/4, W/4) logits that a pixel lies on a thing of the kind. Facings and tags
    are read from heat and edges, gaps and occluders from areas.
    """

    heat: Maps
    edges: Maps
    areas: Maps


class ScoreFit(FileEntry):
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


class LooksFit(FileEntry):
    """From likeness (cosine) to the chance of being a product: a softmax with an unknown product beside the known."""

    temperature: Annotated[float, Field(gt=0)] = 0.06
    unknown_at: float = 0.5


class RecipeNote(FileEntry):
    """How the weights were trained; running the command again gives weights like these."""

    scenes_command: str
    command: str
    seed: int
    steps: int
    batch: int
    minutes: float
    scenes: int
    data: str


class Manifest(WeightsNote):
    """``recipe`` is the last run; ``earlier`` are those whose weights it began with, the first one first."""

    classes: tuple[str, ...]
    work_pixels: Annotated[int, Field(ge=1024)]
    score_fits: tuple[ScoreFit, ScoreFit, ScoreFit, ScoreFit] = (ScoreFit(), ScoreFit(), ScoreFit(), ScoreFit())
    recipe: RecipeNote
    earlier: tuple[RecipeNote, ...] = ()


def read_manifest(path: Path) -> Manifest:
    """Raises ``Faults`` where there is none or it is wrong."""
    return read_note(path, Manifest)


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Put the manifest beside its weights."""
    write_note(manifest, path)


def read_weights(manifest_path: Path, suffix: str) -> bytes:
    """The weights file of that suffix. Raises ``Faults``, as ``read_verified`` does."""
    return read_verified(manifest_path, read_manifest(manifest_path).files, suffix)
