"""What a training run says about itself, for the manifest beside exported weights."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

_NAME = "run.json"


class RunNotes(BaseModel):
    """Seed, length and data of a run; ``began_with`` is the weights file of an earlier run, if it began with one,
    ``photographs`` the names of the folders of labelled photographs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    steps: int
    batch: int
    minutes: float
    scenes: int
    schedule_steps: int
    schedule_minutes: float
    began_with: str = ""
    photographs: tuple[str, ...] = ()


def write_notes(notes: RunNotes, folder: Path) -> None:
    """Put the notes beside the weights."""
    (folder / _NAME).write_text(notes.model_dump_json(indent=2) + "\n")


def read_notes(folder: Path) -> RunNotes:
    """The notes of the run that left its weights in ``folder``."""
    return RunNotes.model_validate_json((folder / _NAME).read_text())
