"""Running detectors take up what was accepted or proposed in a folder of models, without a restart."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from detector.pipeline import Detector
from detector.releases.folder import ReleaseFolder, ReleaseState
from detector.releases.trial import Trial
from shelfstream.errors import Faults

_log = structlog.get_logger(__name__)

OpenDetector = Callable[[Path | None], Detector]
"""The detector with the weights of a manifest; none: as the settings say."""


@dataclass(frozen=True, eq=False)
class InForce:
    """What looks at frames, and what is tried beside it."""

    detector: Detector
    trial: Trial | None


class Following:
    """Opens what a folder says. A model that cannot be opened is told and left where it is: the one before goes on."""

    def __init__(self, folder: Path, open_detector: OpenDetector) -> None:
        self._folder = ReleaseFolder(folder)
        self._open = open_detector
        self._read: ReleaseState | None = None
        self._detector: Detector | None = None

    def changed(self) -> InForce | None:
        """What is to be used from now on; none while nothing changed, or while the folder cannot be read."""
        try:
            state = self._folder.state()
        except Faults as faults:
            _log.warning("models_unreadable", reason=str(faults))
            return None
        if state == self._read:
            return None
        before, self._read = self._read, state
        if self._detector is None or before is None or before.current != state.current:
            self._detector = self._opened(state.current) or self._detector
        if self._detector is None:
            return None
        candidate = self._opened(state.candidate) if state.candidate else None
        trial = None if candidate is None else Trial(candidate, self._folder.path)
        _log.info("models", model=self._detector.model, candidate=state.candidate)
        return InForce(self._detector, trial)

    def _opened(self, model: str) -> Detector | None:
        try:
            return self._open(self._folder.manifest_of(model))
        except Faults as faults:
            _log.error("model_refused", model=model, reason=str(faults))
            return None
