"""``shelfstream planogram`` as a person runs it: from a plan and packshots to a folder, again, and back."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.commands.planogram import app
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.errors import Faults
from tests.unit.catalogue.catalogue_samples import picture
from tests.unit.catalogue.plan_files.psa_samples import BUTTER, MILK, board, plan, position, product, psa


def _run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=True)


def _plan_file(path: Path, milk_wide: int = 3) -> Path:
    goods = (product(MILK, "Whole milk"), product(BUTTER, "Butter", (4, 2, 3)))
    places = (position(MILK, "17", (0, 11, 3 * milk_wide, 8), milk_wide), position(BUTTER, "18", (30, 11, 8, 2), 2))
    path.write_bytes(psa(*goods, *plan("Dairy", board(0, 10, 48), *places)))
    return path


def test_a_plan_and_packshots_become_a_folder(tmp_path: Path) -> None:
    """Products find their pictures by number or name; the list tells what was completed and guessed."""
    packshots = tmp_path / "packshots"
    packshots.mkdir()
    (packshots / "whole-milk.jpg").write_bytes(picture("jpg"))
    (packshots / f"{BUTTER}.png").write_bytes(picture("png"))
    (packshots / f"{BUTTER}-2.png").write_bytes(picture("png"))
    out = tmp_path / "my-store"
    result = _run("import", _plan_file(tmp_path / "plan.psa"), "--products", packshots, "--out", out)
    assert result.exit_code == 0, result.output
    assert "1 bays, 2 slots, 2 products (0 of them without a picture)" in result.output
    assert "was completed to" in result.output
    catalogue = read_folder(out)
    assert sorted(len(each.pictures) for each in catalogue.products.values()) == [1, 2]
    assert {slot.id for slot in catalogue.slots.values()} == {"dairy-s1-17", "dairy-s1-18"}


def test_a_list_of_products_knows_better_than_the_plan(tmp_path: Path) -> None:
    """Rows are found by code or name; numbers, names and pictures are the list's; a picture that is missing is told."""
    packshots = tmp_path / "packshots"
    packshots.mkdir()
    (packshots / "a.jpg").write_bytes(picture("jpg"))
    products = packshots / "products.csv"
    products.write_text(
        f"Code;EAN;Product name;Brand;Packshot\n{MILK};4006381333931;Fresh milk;Alpine;a.jpg\n;;butter;;a.jpg;\n"
    )
    out = tmp_path / "my-store"
    result = _run("import", _plan_file(tmp_path / "plan.psa"), "--products", products, "--out", out)
    assert result.exit_code == 0, result.output
    found = {product.gtin: product for product in read_folder(out).products.values()}
    assert (found["04006381333931"].name, found["04006381333931"].brand) == ("Fresh milk", "Alpine")
    assert all(len(product.pictures) == 1 for product in found.values())
    assert {slot.gtin for slot in read_folder(out).slots.values()} == set(found)
    for text, what in (
        ("name,picture\nbutter,b.jpg\n", "picture b.jpg is not beside"),
        (f"name,picture\nbutter,{'b' * 300}.jpg\n", "cannot be read: File name too long"),
        ("colour\nred\n", "must name its products"),
    ):
        products.write_text(text)
        refused = _run("import", tmp_path / "plan.psa", "--products", products, "--out", tmp_path / "other")
        assert isinstance(refused.exception, Faults)
        assert what in refused.exception.faults[0].what


def test_a_newer_plan_keeps_what_people_wrote(tmp_path: Path) -> None:
    """Cameras, opening hours and prices stay; places are the new ones; an export that comes back changes nothing."""
    out = tmp_path / "my-store"
    assert _run("import", _plan_file(tmp_path / "plan.psa"), "--out", out).exit_code == 0
    cameras = "- {id: cam, url: 'sim://x', calibrations: []}\n"
    (out / "cameras.yaml").write_text(cameras)
    (out / "store.yaml").write_text("name: Mine\ntime_zone: Europe/Berlin\nhours: {mon-fri: '08:00-20:00'}\n")
    rows = (out / "products.csv").read_text().splitlines()
    rows[1] = rows[1].replace("Whole milk,,,", "Whole milk,,,1.29", 1)
    (out / "products.csv").write_text("\n".join(rows))
    assert _run("import", _plan_file(tmp_path / "plan.psa", milk_wide=4), "--out", out).exit_code == 0
    catalogue = read_folder(out)
    (store,) = catalogue.stores.values()
    assert (store.name, store.time_zone, len(catalogue.cameras)) == ("Mine", "Europe/Berlin", 1)
    assert [str(each.price) for each in catalogue.products.values() if each.price] == ["1.29"]
    assert catalogue.slots[store.id, "dairy-s1-17"].facings_wide == 4
    for kind in ("csv", "json", "psa"):
        back = tmp_path / f"back.{kind}"
        assert _run("export", out, "--out", back).exit_code == 0
        assert _run("import", back, "--out", out).exit_code == 0
        assert read_folder(out).slots == catalogue.slots


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("import", "{plan}", "--out", "{out}", "--plan", "Tea"), "is no plan of this file; there are Dairy"),
        (("import", "{junk}", "--out", "{out}"), "--column gtin=NAME"),
        (("import", "{plan}", "--out", "{out}", "--column", "gtin"), "write WHAT=NAME"),
        (("export", "{store}", "--out", "{out}.pdf"), "must end in one of .csv, .json, .psa"),
        (("export", "{store}", "--out", "{out}.csv", "--bay", "tea"), "there is no bay tea; there are dairy"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(tmp_path: Path, args: tuple[str, ...], what: str) -> None:
    """Faults say what to write instead, and nothing is written."""
    plan_file, store, junk, out = (tmp_path / name for name in ("plan.psa", "store", "junk.csv", "out"))
    assert _run("import", _plan_file(plan_file), "--out", store).exit_code == 0
    junk.write_text("a,b\n1,2\n")
    result = _run(*(arg.format(plan=plan_file, store=store, junk=junk, out=out) for arg in args))
    assert isinstance(result.exception, Faults)
    assert any(what in f"{fault.where}: {fault.what}" for fault in result.exception.faults)
    assert not list(tmp_path.glob("out*"))
