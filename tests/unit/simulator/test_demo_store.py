"""The demo's store folder: it checks clean, says what the simulator shows, and is what the command writes."""

from pathlib import Path

import cv2
import numpy as np

from shelfstream.catalogue.folder.read import check_folder
from shelfstream.catalogue.geometry import project
from simulator.store.bay_view import bay_view
from simulator.store.demo_store import demo_catalogue, reference_picture

FOLDER = Path(__file__).parents[3] / "deploy" / "demo_store"


def test_the_folder_checks_clean_and_is_what_the_simulator_shows() -> None:
    """The shipped folder has no fault and no warning, and equals the catalogue that the simulator is built from."""
    checked = check_folder(FOLDER)
    assert checked.faults == ()
    assert not checked.warnings
    assert checked.catalogue == demo_catalogue()


def test_calibrations_agree_with_the_cameras() -> None:
    """Each point pair lies within a tenth of a pixel of where the renderer puts that spot of the bay."""
    catalogue = demo_catalogue()
    for camera in catalogue.cameras.values():
        for calibration in camera.calibrations:
            view = bay_view(catalogue.bays[camera.store, calibration.bay])
            spots = np.array([pair.bay_mm for pair in calibration.points])
            seen = project(view.image_from_front(), spots)
            assert np.abs(seen - np.array([pair.image_px for pair in calibration.points])).max() < 0.1
            assert ((seen >= 0) & (seen < view.size_wh)).all()


def test_the_packshots_are_of_the_packs_that_the_cameras_show() -> None:
    """They look as the simulator draws them today, but for how JPEGs are stored: else nothing would be recognised."""
    for product in demo_catalogue().products.values():
        shipped, drawn = (
            cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            for data in ((FOLDER / "pictures" / product.pictures[0]).read_bytes(), reference_picture(product))
        )
        assert shipped is not None
        assert drawn is not None
        assert np.abs(shipped.astype(float) - drawn.astype(float)).mean() < 3


def test_every_product_has_a_packshot_that_is_its_own() -> None:
    """The shipped pictures decode, differ from each other, and weigh less than a megabyte together."""
    pictures = {path.name: path.read_bytes() for path in (FOLDER / "pictures").iterdir()}
    products = list(demo_catalogue().products.values())
    assert set(pictures) == {name for product in products for name in product.pictures}
    assert len(set(pictures.values())) == len(products)
    assert sum(map(len, pictures.values())) < 1_000_000
    for product in products[:3]:
        shipped = cv2.imdecode(np.frombuffer(pictures[product.pictures[0]], np.uint8), cv2.IMREAD_COLOR)
        drawn = cv2.imdecode(np.frombuffer(reference_picture(product), np.uint8), cv2.IMREAD_COLOR)
        assert shipped is not None
        assert drawn is not None
        assert np.abs(shipped.astype(int) - drawn).mean() < 3
