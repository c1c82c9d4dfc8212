"""What pages write: new cameras and products, checked, into the catalogue's folder, and nothing else of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.setup.desk import CatalogueDesk
from shelfstream.catalogue.adding import new_camera, new_product
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.catalogue.model import Reset
from shelfstream.errors import Faults
from tests.unit.alerts.alert_samples import NOON
from tests.unit.catalogue.catalogue_samples import PRODUCTS, picture, write_sample

_GTIN = "04006381333931"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_camera_is_added_with_an_id_of_its_own(tmp_path: Path) -> None:
    """Its id comes from its name; the second of that name has another one; other files stay as they were."""
    folder = write_sample(tmp_path)
    before = _files(folder)
    desk = CatalogueDesk(folder)
    (store,) = read_folder(folder).stores
    for _ in range(2):
        desk.add_camera(new_camera(read_folder(folder), store, " http://10.0.0.5/shot.jpg ", "Käse-Theke 1", 30))
    found = {camera.id: camera for camera in read_folder(folder).cameras.values()}
    assert {"kase-theke-1", "kase-theke-1-2"} <= set(found)
    assert (found["kase-theke-1"].url, found["kase-theke-1"].interval_s) == ("http://10.0.0.5/shot.jpg", 30)
    changed = {name for name, data in _files(folder).items() if before.get(name) != data}
    assert {Path(name).name for name in changed} == {"cameras.yaml"}


@pytest.mark.parametrize(
    ("url", "interval_s", "what"),
    [
        ("", 60, "address"),
        ("ftp://10.0.0.5/x", 60, "is no kind of source"),
        ("rtsp://admin:hunter2@10.0.0.5/x", 60, "holds a password"),
        ("http://10.0.0.5/x", 0, "must lie in"),
    ],
)
def test_a_camera_that_cannot_work_is_refused(tmp_path: Path, url: str, interval_s: float, what: str) -> None:
    """With a sentence for whoever typed it."""
    catalogue = read_folder(write_sample(tmp_path))
    (store,) = catalogue.stores
    with pytest.raises(Faults, match=what):
        new_camera(catalogue, store, url, "", interval_s)


def test_a_product_gets_more_photographs(tmp_path: Path) -> None:
    """Those that it has stay; new ones get names that are free, whatever they were called."""
    folder = write_sample(tmp_path)
    desk, catalogue = CatalogueDesk(folder), read_folder(folder)
    (store,) = catalogue.stores
    product, pictures = new_product(
        catalogue, store, "4006381333931", "", {"../x.PNG": picture("png"), "y": picture("jpg")}
    )
    desk.put_product(product, pictures)
    again, more = new_product(read_folder(folder), store, _GTIN, "Fresh milk", {"z.jpg": picture("jpg")})
    desk.put_product(again, more)
    found = read_folder(folder).products[store, _GTIN]
    assert found.name == "Fresh milk"
    assert found.pictures == ("milk.jpg", f"{_GTIN}-1.png", f"{_GTIN}-2.jpg", f"{_GTIN}-3.jpg")


def test_everything_that_is_wrong_with_a_product_is_told_at_once(tmp_path: Path) -> None:
    """Number, name and photographs."""
    catalogue = read_folder(write_sample(tmp_path))
    (store,) = catalogue.stores
    with pytest.raises(Faults) as told:
        new_product(catalogue, store, "12345", "", {"a.jpg": b"no picture"})
    assert [fault.where for fault in told.value.faults] == ["number", "name", "a.jpg"]
    with pytest.raises(Faults, match="photographs"):
        new_product(catalogue, store, "4012345678901", "x", {})


def test_a_faulty_folder_is_not_written_to(tmp_path: Path) -> None:
    """What is wrong in it is told, and stays as its owner left it."""
    catalogue = read_folder(write_sample(tmp_path))
    (store,) = catalogue.stores
    camera = new_camera(catalogue, store, "http://10.0.0.5/shot.jpg", "", 60)
    folder = write_sample(tmp_path, products_csv=PRODUCTS.replace("Butter", ""))
    before = _files(folder)
    with pytest.raises(Faults, match="name is missing"):
        CatalogueDesk(folder).add_camera(camera)
    assert _files(folder) == before


def test_a_bay_is_declared_under_rebuilding_and_that_is_ended(tmp_path: Path) -> None:
    """In its own file alone; a bay that is gone is told."""
    folder = write_sample(tmp_path)
    before, desk = _files(folder), CatalogueDesk(folder)
    (store, bay), *_ = read_folder(folder).bays
    reset = Reset(begins=NOON, ends=NOON + timedelta(hours=3))
    desk.put_reset(store, bay, reset)
    assert read_folder(folder).bays[store, bay].reset == reset
    changed = {name for name, data in _files(folder).items() if before.get(name) != data}
    assert {Path(name).name for name in changed} == {"bays.yaml"}
    desk.put_reset(store, bay, None)
    assert read_folder(folder).bays[store, bay].reset is None
    with pytest.raises(Faults, match="no bay of the store"):
        desk.put_reset(store, "gone", None)
