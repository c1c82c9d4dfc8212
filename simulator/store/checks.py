"""What a catalogue needs so that its cameras can be simulated, beyond being free of faults."""

from itertools import chain

import numpy as np

from shelfstream.catalogue.folder.notation import point_text
from shelfstream.catalogue.model import Bay, Calibration
from shelfstream.homography import fit_homography, project
from simulator.store.bay_view import bay_points, bay_view
from simulator.store.store import SimulatedStore

_OFF_MOST_PX = 6.0


def check_simulated(store: SimulatedStore, camera_id: str) -> None:
    """Raise ``ValueError`` that says what to write where a camera cannot be simulated as its catalogue has it.

    The simulator hangs its camera where the whole bay is in sight. A calibration that says otherwise would put all
    that is seen into the wrong slots.
    """
    camera, bay = store.camera(camera_id), store.bay_of(camera_id)
    if not store.slots_of(bay):
        raise ValueError(f"camera {camera_id!r} cannot be simulated: bay {bay.id!r} has no slots")
    if len(camera.calibrations) > 1:
        raise ValueError(f"camera {camera_id!r} cannot be simulated: it has calibrations for more bays than one")
    off_px = _off_px(camera.calibrations[0], bay)
    if off_px > _OFF_MOST_PX:
        told = "; ".join(point_text(pair.image_px, pair.bay_mm) for pair in bay_points(bay))
        raise ValueError(
            f"the calibration of camera {camera_id!r} is up to {off_px:.0f} px off what the simulator shows of bay "
            f"{bay.id!r}; write these points: {told}"
        )


def _off_px(calibration: Calibration, bay: Bay) -> float:
    """How far the calibration puts a corner of the bay from where the simulator does, at most."""
    spots = np.array([pair.bay_mm for pair in calibration.points], np.float64)
    pixels = np.array([pair.image_px for pair in calibration.points], np.float64)
    xs, ys = (0.0, bay.width_mm), (0.0, bay.height_mm)
    corners = np.array(list(chain.from_iterable(((x, y) for y in ys) for x in xs)))
    told = project(fit_homography(spots, pixels), corners)
    shown = project(bay_view(bay).image_from_front(), corners)
    return float(np.linalg.norm(told - shown, axis=1).max())
