"""One fault does not hide another."""

from pathlib import Path

from shelfstream.catalogue.folder.read import check_folder
from tests.unit.catalogue.catalogue_samples import CAMERAS, STORE, write_sample

PLAIN_PASSWORD = CAMERAS.replace("${PASSWORD_1}", "hunter2")


def told(folder: Path) -> list[tuple[str, str]]:
    """Where each fault is, and how its sentence begins."""
    return [(fault.where, " ".join(fault.what.split()[:2])) for fault in check_folder(folder).faults]


def test_a_field_given_twice_hides_nothing_else_in_its_file(tmp_path: Path) -> None:
    """A password and a wrong time zone are told beside the fields that are there twice."""
    cameras = PLAIN_PASSWORD + "  name: A\n  name: B\n"
    store = STORE.replace("Berlin", "Berlyn") + "name: Again\n"
    assert told(write_sample(tmp_path, cameras_yaml=cameras, store_yaml=store)) == [
        ("cameras.yaml:2", "url holds"),
        ("cameras.yaml:12", "name is"),
        ("store.yaml:3", "time_zone: 'Europe/Berlyn'"),
        ("store.yaml:7", "name is"),
    ]


def test_an_entry_that_is_no_mapping_hides_no_other(tmp_path: Path) -> None:
    """The cameras beside a stray line are looked at as well."""
    faults = told(write_sample(tmp_path, cameras_yaml=PLAIN_PASSWORD + "- stray\n- id: a\n  id: b\n  url: /x\n"))
    assert [where for where, _ in faults] == ["cameras.yaml:2", "cameras.yaml:11", "cameras.yaml:13"]


def test_a_camera_without_a_usable_id_still_gives_its_password_away(tmp_path: Path) -> None:
    """The URL is looked at as it was written, also where the camera cannot be read."""
    cameras = PLAIN_PASSWORD.replace("id: dairy-left", "id: Dairy left")
    faults = told(write_sample(tmp_path, cameras_yaml=cameras))
    assert faults == [("cameras.yaml:1", "id: 'Dairy"), ("cameras.yaml:2", "url holds")]


def test_a_store_without_a_usable_id_hides_nothing_that_is_in_it(tmp_path: Path) -> None:
    """A wrong store id is told once, not again at every entity, and the password beside it is told, too."""
    store = STORE.replace("main-street", "Main Street!")
    faults = told(write_sample(tmp_path, store_yaml=store, cameras_yaml=PLAIN_PASSWORD))
    assert faults == [("cameras.yaml:2", "url holds"), ("store.yaml:1", "id: 'Main")]
