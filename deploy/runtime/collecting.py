"""Looks through a store's cameras, or a folder of frames, for pictures that are worth labelling."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track
from sqlalchemy import Engine, inspect

from alerts.inbox import recent_alerts
from alerts.tables import alerts
from analytics.contract import AVAILABLE, SlotState
from analytics.photographs.audit import BayPhotograph, audit_bay
from analytics.settings import AnalyticsSettings
from deploy.runtime.store_detector import StoreDetector
from detector.contract import Facings
from detector.jpeg import Image
from detector.pipeline import Detector, open_for_photographs
from detector.train.label_folder import TeachingFolder, boxes_of
from detector.train.teaching.choosing import Candidate, PictureChoice, chosen
from ingest.one_frame import frame_of_camera, frame_of_file
from ingest.settings import IngestSettings
from shelfstream.answers import AnswerKind
from shelfstream.catalogue.catalogue import Catalogue, planograms
from shelfstream.catalogue.geometry import bay_from_picture
from shelfstream.catalogue.model import Camera
from shelfstream.clock import SystemClock
from shelfstream.errors import Fault, Faults
from shelfstream.sql import reading

_THUMB_WH = (32, 24)
_ALERTS = 500
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_SAID = {AnswerKind.NOT_EMPTY: "not empty", AnswerKind.WRONG_PRODUCT: "wrong product"}


def candidate_of(name: str, camera: str, image_bgr: Image, facings: Facings, clues: Sequence[str] = ()) -> Candidate:
    """A picture (H, W, 3) as the choice is made by."""
    thumb = cv2.resize(image_bgr, _THUMB_WH, interpolation=cv2.INTER_AREA)
    return Candidate(name, camera, np.asarray(thumb, np.uint8), facings, tuple(clues))


def contradictions(engine: Engine, catalogue: Catalogue, store: str) -> dict[str, list[str]]:
    """For each camera what staff said against alerts of places that it sees; nothing of a database without alerts.

    Raises ``Unavailable``.
    """
    with reading(engine) as connection:
        if not inspect(connection).has_table(alerts.name):
            return {}
    cameras = {bay: [each.id for each in _cameras_of(catalogue, store, bay)] for bay in _bays(catalogue, store)}
    found: dict[str, list[str]] = {}
    for alert in recent_alerts(engine, store, _ALERTS):
        said = next((word for kind, word in _SAID.items() if alert.answer == kind.value), None)
        slot = catalogue.slots.get((store, alert.slot))
        for camera in cameras.get(slot.bay, []) if said and slot else []:
            clue = f"staff said {said} at {alert.slot}"
            if clue not in found.setdefault(camera, []):
                found[camera].append(clue)
    return found


def disagreements(
    catalogue: Catalogue, store: str, seen: Mapping[str, tuple[Facings, tuple[int, int]]]
) -> dict[str, list[str]]:
    """For each camera the places that another sees otherwise: the one calls them empty, the other full.

    ``seen`` are facings and picture sizes by camera, of about the same moment.
    """
    states = {camera: _states(catalogue, store, camera, *own) for camera, own in seen.items()}
    found: dict[str, list[str]] = {}
    for one, other in combinations(sorted(states), 2):
        for slot in sorted(states[one].keys() & states[other].keys()):
            if SlotState.OUT in (pair := {states[one][slot], states[other][slot]}) and pair & AVAILABLE:
                found.setdefault(one, []).append(f"it and {other} disagree about {slot}")
                found.setdefault(other, []).append(f"it and {one} disagree about {slot}")
    return found


def _bays(catalogue: Catalogue, store: str) -> list[str]:
    return [bay.id for bay in catalogue.bays.values() if bay.store == store]


def _cameras_of(catalogue: Catalogue, store: str, bay: str) -> list[Camera]:
    cameras = (each for each in catalogue.cameras.values() if each.store == store)
    return [each for each in cameras if any(calibration.bay == bay for calibration in each.calibrations)]


def _states(
    catalogue: Catalogue, store: str, camera: str, facings: Facings, size_wh: tuple[int, int]
) -> dict[str, SlotState]:
    plans = planograms(catalogue)
    found: dict[str, SlotState] = {}
    for calibration in catalogue.cameras[store, camera].calibrations:
        plan = plans.get((store, calibration.bay))
        if plan is not None:
            look = BayPhotograph(facings, size_wh, bay_from_picture(calibration), calibration.lens)
            found |= {each.slot.id: each.state for each in audit_bay(plan, [look], AnalyticsSettings())}
    return found


class Collecting:
    """What was seen so far, of a store's cameras or of a folder of pictures."""

    def __init__(self, detector: Detector, store: StoreDetector | None, files: Sequence[Path]) -> None:
        self._detector = detector
        self._store = store
        self._files = files
        self._clues: dict[str, list[str]] = {}
        self._seen: dict[str, Candidate] = {}
        self._jpegs: dict[str, bytes] = {}

    @classmethod
    def of_frames(cls, folder: Path) -> "Collecting":
        """Of the pictures of a folder. Raises ``Faults`` where there are none."""
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
        if not files:
            raise Faults("teach collect", [Fault(str(folder), "holds no JPEG or PNG pictures")])
        return cls(open_for_photographs(None), None, files)

    @classmethod
    def of_store(cls, folder: Path, console: Console) -> "Collecting":
        """Of the cameras of a catalogue folder. Raises ``Faults`` for what is wrong in it."""
        store = StoreDetector.open(folder, console)
        return cls(store.detector, store, ())

    def hear(self, engine: Engine) -> None:
        """Take in what staff answered. Raises ``Unavailable``."""
        if self._store is not None:
            self._clues = contradictions(engine, self._store.catalogue, self._store.store.id)

    def look(self, console: Console) -> None:
        """One look through all cameras, or at all pictures; a camera that gives no picture is told and left out."""
        if self._store is None:
            for path in track(self._files, "looking", console=console, transient=True):
                self._add(path.name, path.parent.name, frame_of_file(path, IngestSettings()), ())
            return
        store, at = self._store, datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        round_: dict[str, tuple[Facings, tuple[int, int]]] = {}
        for camera in [each for each in store.catalogue.cameras.values() if each.store == store.store.id]:
            try:
                jpeg = frame_of_camera(camera, IngestSettings(), os.environ, SystemClock())
            except Faults as faults:
                console.print(str(faults), style="yellow", markup=False)
                continue
            candidate, size_wh = self._add(f"{camera.id}-{at}.jpg", camera.id, jpeg, self._clues.get(camera.id, ()))
            round_[camera.id] = candidate.facings, size_wh
        for name, clues in disagreements(store.catalogue, store.store.id, round_).items():
            key = f"{name}-{at}.jpg"
            self._seen[key] = replace(self._seen[key], clues=(*self._seen[key].clues, *clues))

    def choose(self, count: int, seed: int) -> list[PictureChoice]:
        """The pictures that are worth labelling, of all that were seen."""
        return chosen(list(self._seen.values()), count, seed)

    def write(self, folder: Path, choices: Sequence[PictureChoice]) -> None:
        """Put them where a person labels them, with the model's boxes; pictures that are there already stay."""
        labels = TeachingFolder(folder)
        for choice in choices:
            seen = self._seen[choice.name]
            proposed = boxes_of(seen.facings)
            labels.add(choice.name, self._jpegs[choice.name], proposed, camera=seen.camera, why=choice.why)

    def _add(self, name: str, camera: str, jpeg: bytes, clues: Sequence[str]) -> tuple[Candidate, tuple[int, int]]:
        image = self._detector.open_jpeg(jpeg)
        name = name if name.lower().endswith((".jpg", ".jpeg")) else f"{name}.jpg"
        facings = self._store.see(image) if self._store is not None else self._detector.see(image)
        candidate = candidate_of(name, camera, image, facings, clues)
        self._seen[name], self._jpegs[name] = candidate, jpeg
        return candidate, (image.shape[1], image.shape[0])
