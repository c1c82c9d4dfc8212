"""The manifest beside a recogniser's weights: what they are, how they came to be, and what they can do."""

import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from detector.manifest import LooksFit
from shelfstream.errors import Fault, Faults
from shelfstream.wire import summary

SHIPPED_RECOGNISER = Path(__file__).parents[1] / "weights" / "recogniser.json"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelCard(_Entry):
    """``files`` maps the ONNX graph (and the looks of unrelated photographs) to their SHA-256.

    ``side_px`` is the side of the pictures that the graph takes; ``fit`` is in units of the strangers' spread.
    ``data`` says what was learned from, with licences.
    """

    name: str
    side_px: Annotated[int, Field(ge=32, multiple_of=32)]
    files: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]
    fit: LooksFit = LooksFit(temperature=0.8, unknown_at=2.5)
    command: str
    data: str
    metrics: dict[str, float] = {}

    @property
    def model(self) -> str:
        """Names these exact weights."""
        digests = "".join(digest for _, digest in sorted(self.files.items()))
        return f"{self.name}@{hashlib.sha256(digests.encode()).hexdigest()[:12]}"


def read_card(path: Path) -> ModelCard:
    """Raises ``Faults`` where there is none or it is wrong."""
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise Faults("recogniser", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    except ValidationError as exc:
        raise Faults("recogniser", [Fault(str(path), summary(exc))]) from exc


def write_card(card: ModelCard, path: Path) -> None:
    """Put the manifest beside its weights."""
    path.write_text(card.model_dump_json(indent=2) + "\n")
