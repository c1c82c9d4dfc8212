"""The manifest beside a recogniser's weights: what they are, how they came to be, and what they can do."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from detector.manifest import LooksFit
from detector.weights_file import WeightsNote, read_note, write_note

SHIPPED_RECOGNISER = Path(__file__).parents[1] / "weights" / "recogniser.json"


class ModelCard(WeightsNote):
    """``files`` are the ONNX graph and the looks of unrelated photographs.

    ``side_px`` is the side of the pictures that the graph takes; ``fit`` is in units of the strangers' spread.
    ``data`` says what was learned from, with licences.
    """

    side_px: Annotated[int, Field(ge=32, multiple_of=32)]
    fit: LooksFit = LooksFit(temperature=0.8, unknown_at=2.5)
    command: str
    data: str


def read_card(path: Path) -> ModelCard:
    """Raises ``Faults`` where there is none or it is wrong."""
    return read_note(path, ModelCard)


def write_card(card: ModelCard, path: Path) -> None:
    """Put the manifest beside its weights."""
    write_note(card, path)
