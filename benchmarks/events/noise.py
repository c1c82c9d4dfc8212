"""How a detector errs, as measured: what the facings mode draws its errors from."""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import Field

from shelfstream.settings.base import Settings

NOISE_FILE = Path(__file__).with_name("noise.toml")
SIZE_EDGES_PX = (24.0, 32.0, 45.0, 64.0)
"""Borders of the size classes: the square root of a facing's area where the network sees it."""

Share = Annotated[float, Field(ge=0, le=1)]


class Noise(Settings):
    """Chances per look, and how far the errors of two looks at the same thing go together."""

    model: str = Field(description="the weights that were measured")
    miss: tuple[Share, ...] = Field(description="how often no box covers a facing, by its size class")
    loose: tuple[Share, ...] = Field(
        description="how often one covers it that does not fit (IoU < .5), by its size class"
    )
    jitter: float = Field(description="spread of the edges of boxes that fit, in sides of the facing")
    loose_jitter: float = Field(description="the same of boxes that do not")
    gap_miss: Share = Field(description="how often an empty place is not seen to be one")
    false_facing: Share = Field(description="how often a facing is seen to stand in an empty place")
    false_gap: Share = Field(description="how often a gap is seen where a facing stands")
    facing_lasts: Share = Field(description="correlation of two looks' errors on a facing")
    neighbours_alike: Share = Field(description="correlation of being missed between facings side by side")
    named: Share = Field(description="how often a facing's product is surely named right")
    misnamed: Share = Field(description="how often another product is named so surely that the plan gives way")
    gap_lasts: Share = Field(description="correlation of two looks' errors on an empty place")


def read_noise(path: Path = NOISE_FILE) -> Noise:
    """The committed measurement."""
    return Noise(**tomllib.loads(path.read_text()))


def perfect() -> Noise:
    """A detector that never errs: what the belief alone can do."""
    sure = 1.0
    none = (0.0,) * (len(SIZE_EDGES_PX) + 1)
    return Noise(
        model="perfect", miss=none, loose=none, jitter=0.0, loose_jitter=0.0, gap_miss=0.0, false_facing=0.0,
        false_gap=0.0, facing_lasts=sure, neighbours_alike=0.0, named=sure, misnamed=0.0, gap_lasts=sure,
    )  # fmt: skip


def write_noise(noise: Noise, path: Path) -> None:
    """Write a measurement, one line a figure with its meaning."""
    lines = ["# Measured by `python -m benchmarks.events.measure_noise` on photographs that no weights learned from."]
    for name, field in Noise.model_fields.items():
        value = getattr(noise, name)
        shown = (
            f'"{value}"' if isinstance(value, str) else str(list(value)) if isinstance(value, tuple) else f"{value:.4f}"
        )
        lines += [f"# {field.description}", f"{name} = {shown}"]
    path.write_text("\n".join(lines) + "\n")
