"""A folder of models that detectors follow: what runs, what is tried beside it, and what ran before.

Everything lies in files that are replaced as a whole, so that a detector reads one state or the next, never half of
one, and any number of detectors may follow one folder on a shared disk.
"""

import shutil
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from detector.manifest import Manifest, read_manifest, read_weights
from shelfstream.errors import Fault, Faults
from shelfstream.wire import summary

STATE = "state.json"
COMPARISONS = "comparisons.jsonl"


class Accepted(BaseModel):
    """One model that was taken: its folder's name, ``""`` for the weights that ship, who said so and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    at: AwareDatetime
    why: str = ""


class ReleaseState(BaseModel):
    """``history`` ends with what runs now; empty: what ships runs. ``candidate`` runs beside it, unheard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    history: tuple[Accepted, ...] = ()
    candidate: str = ""

    @property
    def current(self) -> str:
        """The model that runs; empty: the weights that ship."""
        return self.history[-1].model if self.history else ""


class ReleaseFolder:
    """Reads and changes the folder; belongs to whoever decides. Detectors only read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def state(self) -> ReleaseState:
        """What holds now. Raises ``Faults`` for a state that nobody can read."""
        path = self.path / STATE
        try:
            return ReleaseState.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return ReleaseState()
        except OSError as exc:
            raise Faults("models", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
        except ValidationError as exc:
            raise Faults("models", [Fault(str(path), summary(exc))]) from exc

    def manifest_of(self, model: str) -> Path | None:
        """Where a model's manifest lies; none for the weights that ship."""
        return self.path / model / "model.json" if model else None

    def propose(self, manifest_path: Path) -> Manifest:
        """Copy a model in, to run beside the one that is in force. Raises ``Faults`` for weights that are wrong."""
        manifest = read_manifest(manifest_path)
        for suffix in {Path(name).suffix for name in manifest.files}:
            read_weights(manifest_path, suffix)
        folder = self.path / manifest.model
        folder.mkdir(parents=True, exist_ok=True)
        for name in manifest.files:
            shutil.copyfile(manifest_path.parent / name, folder / name)
        shutil.copyfile(manifest_path, folder / "model.json")
        (self.path / COMPARISONS).unlink(missing_ok=True)
        self._write(self.state().model_copy(update={"candidate": manifest.model}))
        return manifest

    def accept(self, at: datetime, why: str) -> ReleaseState:
        """The candidate runs from now on. Raises ``Faults`` where there is none."""
        state = self.state()
        if not state.candidate:
            raise Faults("models", [Fault(str(self.path), "holds no candidate: propose one first")])
        taken = Accepted(model=state.candidate, at=at, why=why)
        return self._write(ReleaseState(history=(*state.history, taken)))

    def reject(self) -> ReleaseState:
        """The candidate is no longer tried."""
        return self._write(self.state().model_copy(update={"candidate": ""}))

    def roll_back(self) -> ReleaseState:
        """What ran before runs again. Raises ``Faults`` where nothing was taken yet."""
        state = self.state()
        if not state.history:
            raise Faults("models", [Fault(str(self.path), "nothing was accepted yet: the weights that ship run")])
        return self._write(state.model_copy(update={"history": state.history[:-1]}))

    def _write(self, state: ReleaseState) -> ReleaseState:
        self.path.mkdir(parents=True, exist_ok=True)
        new = self.path / f"{STATE}.new"
        new.write_text(state.model_dump_json(indent=2) + "\n")
        new.replace(self.path / STATE)
        return state
