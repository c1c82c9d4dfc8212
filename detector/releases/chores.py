"""What the detector does beside looking at frames: it follows the catalogue and the models, and tries a candidate."""

from collections.abc import Sequence

import structlog

from detector.gallery.store import GalleryStore
from detector.handler import Chore, DetectorHandler, Housekeeping, OnTrial
from detector.releases.following import Following
from detector.releases.trial import Trial
from shelfstream.errors import Unavailable

_log = structlog.get_logger(__name__)


class Chores:
    """Belongs to the loop's thread, as the handler does."""

    def __init__(self, galleries: GalleryStore, handler: DetectorHandler, following: Following | None) -> None:
        self._galleries = galleries
        self._handler = handler
        self._following = following
        self._trial: Trial | None = None

    def do(self, chores: Sequence[Chore]) -> None:
        """One after the other."""
        for chore in chores:
            match chore:
                case Housekeeping.FOLLOW_CATALOGUE:
                    self._galleries.refresh()
                case Housekeeping.FOLLOW_MODELS:
                    self.follow_models()
                case OnTrial():
                    self._try(chore)

    def follow_models(self) -> None:
        """Take up what was accepted, proposed or rolled back since."""
        changed = None if self._following is None else self._following.changed()
        if changed is not None:
            self._trial = changed.trial
            self._handler.take(changed.detector, on_trial=changed.trial is not None)

    def _try(self, chore: OnTrial) -> None:
        if self._trial is None:
            return
        header = chore.frame.header
        try:
            self._trial.compare((header.store, header.camera, header.captured_at), chore.frame.image_bgr, chore.seen)
        except OSError as exc:
            _log.warning("comparison_not_kept", reason=exc.strerror)
        except Unavailable as away:  # the device's memory: the model in force needs it
            _log.warning("comparison_not_made", reason=away.what)
