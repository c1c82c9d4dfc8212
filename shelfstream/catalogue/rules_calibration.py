"""Rule: a calibration's points are where a camera could see them."""

from collections.abc import Iterator

import numpy as np

from shelfstream.catalogue.finding import FieldPath, Finding, Subject, subject_of
from shelfstream.catalogue.homography import fit_homography, project, turning
from shelfstream.catalogue.model import Bay, Calibration
from shelfstream.catalogue.whole import Catalogue

_SIDE_PX_MAX = 16_384
_AROUND_BAY_MM = 500.0
_RESIDUAL_MAX_MM = 60.0
"""Lenses bend straight lines by some centimetres over a bay; more than this is a mixed-up point."""


def check_calibrations(catalogue: Catalogue) -> Iterator[Finding]:
    """Point pairs that cannot be right."""
    for camera in catalogue.cameras.values():
        for place, calibration in enumerate(camera.calibrations):
            bay = catalogue.bays.get((camera.store, calibration.bay))
            path = ("calibrations", place, "points")
            found = [*_check_ranges(calibration, bay), *_check_repeats(calibration)]
            for index, what in found or _check_fit(calibration):
                yield _finding(subject_of(camera), f"calibration of bay {calibration.bay}: {what}", path, index)


def _finding(subject: Subject, what: str, path: FieldPath, index: int | None) -> Finding:
    return Finding(subject, what, path if index is None else (*path, index))


def _check_ranges(calibration: Calibration, bay: Bay | None) -> Iterator[tuple[int | None, str]]:
    for index, pair in enumerate(calibration.points):
        if not all(0 <= value <= _SIDE_PX_MAX for value in pair.image_px):
            yield index, f"image_px {_told(pair.image_px)} lies outside any picture (0…{_SIDE_PX_MAX} px)"
        if bay is None:
            continue
        limits = (bay.width_mm, bay.height_mm)
        near = (-_AROUND_BAY_MM <= v <= most + _AROUND_BAY_MM for v, most in zip(pair.bay_mm, limits, strict=True))
        if not all(near):
            yield index, f"bay_mm {_told(pair.bay_mm)} lies far outside the bay ({_told(limits)} mm)"


def _check_repeats(calibration: Calibration) -> Iterator[tuple[int | None, str]]:
    for name in ("image_px", "bay_mm"):
        first: dict[tuple[float, float], int] = {}
        for index, pair in enumerate(calibration.points):
            point = pair.image_px if name == "image_px" else pair.bay_mm
            if point in first:
                yield index, f"points {first[point] + 1} and {index + 1} have the same {name} {_told(point)}"
            first.setdefault(point, index)


def _check_fit(calibration: Calibration) -> Iterator[tuple[int | None, str]]:
    image = np.array([pair.image_px for pair in calibration.points], dtype=np.float64)
    plane = np.array([pair.bay_mm for pair in calibration.points], dtype=np.float64)
    try:
        homography = fit_homography(image, plane)
    except ValueError as exc:
        yield None, str(exc)
        return
    # Pictures count y downwards and bays upwards, so a true map mirrors, and it does so at every point.
    if (turning(homography, image) >= 0).any():
        yield None, "points are swapped or mirrored: no camera in front of the bay sees them in this order"
        return
    residuals_mm = np.linalg.norm(project(homography, image) - plane, axis=1)
    worst = int(residuals_mm.argmax())
    if residuals_mm[worst] > _RESIDUAL_MAX_MM:
        yield worst, f"point {worst + 1} is {residuals_mm[worst]:.0f} mm off from where the others put it"


def _told(point: tuple[float, float]) -> str:
    return f"{point[0]:g}, {point[1]:g}"
