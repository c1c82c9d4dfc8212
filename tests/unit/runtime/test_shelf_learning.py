"""``shelfstream products learn``: what the shelf itself gives as pictures of products, and what it must not give."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from deploy.cli import command_line
from deploy.demo.settings import DEMO_STORE
from deploy.runtime.store_detector import StoreDetector
from detector.jpeg import read_photograph
from shelfstream.catalogue.adding import from_shelf
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.clock import ManualClock
from simulator.store.camera import SimCamera

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _run(words: Sequence[object]) -> Result:
    return CliRunner().invoke(command_line(), [str(word) for word in words])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The demo's store."""
    folder = tmp_path / "my-store"
    shutil.copytree(DEMO_STORE, folder)
    return folder


def _photograph(path: Path, seed: int) -> Path:
    url = f"sim://demo-market/cam-left?seed={seed}&speed=60&people=0"
    path.write_bytes(SimCamera(url, ManualClock(_NOW)).frame_at(_NOW))
    return path


def _shelf_pictures(folder: Path) -> dict[str, list[str]]:
    products = read_folder(folder).products.values()
    return {each.gtin: [name for name in each.pictures if from_shelf(name)] for each in products}


def test_the_shelf_gives_pictures_of_its_products(store: Path, tmp_path: Path) -> None:
    """Each picture taken is of that product, by its packshots; at most two of each; the packshots stay."""
    before = read_folder(store)
    sheet = tmp_path / "sheet.png"
    photograph = _photograph(tmp_path / "phone.jpg", 7)
    tried = _run(["products", "learn", store, photograph, "--bay", "bay-1", "--dry-run", "--sheet", sheet])
    assert tried.exit_code == 0, tried.output
    assert read_folder(store).products == before.products
    assert cv2.imread(str(sheet)) is not None
    done = _run(["products", "learn", store, photograph, "--bay", "bay-1"])
    assert done.exit_code == 0, done.output
    found = _shelf_pictures(store)
    assert sum(bool(names) for names in found.values()) > 5
    assert max(map(len, found.values())) <= 2
    packshots = StoreDetector.open(store, Console(quiet=True)).without_shelf_pictures()
    for gtin, names in found.items():
        assert set(before.products["demo-market", gtin].pictures) <= {
            *read_folder(store).products["demo-market", gtin].pictures
        }
        for name in names:
            look = packshots.detector.look_of(read_photograph(picture_path(store, name)))
            assert packshots.detector.products_like(look, packshots.gallery)[0][0] == gtin


def test_the_next_call_replaces_what_was_learned(store: Path, tmp_path: Path) -> None:
    """The pictures of a product are those of the last call: what is no longer named is no longer there."""
    assert _run(["products", "learn", store, _photograph(tmp_path / "a.jpg", 7), "--bay", "bay-1"]).exit_code == 0
    first = {
        gtin: picture_path(store, names[0]).read_bytes() for gtin, names in _shelf_pictures(store).items() if names
    }
    assert _run(["products", "learn", store, _photograph(tmp_path / "b.jpg", 8), "--bay", "bay-1"]).exit_code == 0
    second = _shelf_pictures(store)
    assert max(map(len, second.values())) <= 2
    named = {name for names in second.values() for name in names}
    assert {path.name for path in (store / "pictures").iterdir() if from_shelf(path.name)} == named
    assert any(picture_path(store, second[gtin][0]).read_bytes() != first[gtin] for gtin in first)


def test_goods_in_the_wrong_place_are_not_learned(store: Path, tmp_path: Path) -> None:
    """With two products' places exchanged in the plan, neither gets the other's facings as its own."""
    rows = (store / "slots.csv").read_text().splitlines()
    header, gtins = rows[0].split(","), [row.split(",") for row in rows[1:]]
    column = header.index("gtin")
    one, other = gtins[0][column], next(row[column] for row in gtins if row[column] != gtins[0][column])
    for row in gtins:
        row[column] = {one: other, other: one}.get(row[column], row[column])
    (store / "slots.csv").write_text("\n".join([",".join(header), *map(",".join, gtins)]) + "\n")
    photograph = _photograph(tmp_path / "phone.jpg", 7)
    assert _run(["products", "learn", store, photograph, "--bay", "bay-1"]).exit_code == 0
    numbers = {gtin.lstrip("0"): names for gtin, names in _shelf_pictures(store).items()}
    assert numbers[one.lstrip("0")] == []
    assert numbers[other.lstrip("0")] == []


def test_a_picture_of_no_shelf_gives_nothing(store: Path, tmp_path: Path) -> None:
    """It is told, and the catalogue stays as it was."""
    wall = tmp_path / "wall.png"
    grey = np.random.default_rng(0).integers(90, 110, (480, 640, 3)).astype(np.uint8)
    wall.write_bytes(cv2.imencode(".png", grey)[1].tobytes())
    before = (store / "products.csv").read_bytes()
    result = _run(["products", "learn", store, wall])
    assert result.exit_code == 1
    assert "nothing is taken from it" in " ".join(result.output.split())
    assert (store / "products.csv").read_bytes() == before
