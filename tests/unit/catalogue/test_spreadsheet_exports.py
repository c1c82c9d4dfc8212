"""What spreadsheets make of a CSV file: taken where nothing is lost, else one sentence that says what to do."""

import codecs
from pathlib import Path

import pytest

from shelfstream.catalogue.folder.read import check_folder, read_folder
from tests.unit.catalogue.catalogue_samples import PRODUCTS, SLOTS, write_sample

_MILK = "4006381333931"
_MANY = "id,bay,shelf,gtin,x_min_mm,x_max_mm,facings_wide,facings_high\n" + "".join(
    f"s{n},dairy-1,s1,{_MILK},{20 * n},{20 * n + 19},1,1\n" for n in range(60)
)


@pytest.mark.parametrize(
    "products",
    [
        "sep=;\n" + PRODUCTS.replace(",", ";"),
        "sep=,\r\n" + PRODUCTS.replace("\n", "\r\n"),
        "\ufeff\ufeff" + PRODUCTS,
        "\ufeffsep=\t\n" + PRODUCTS.replace(",", "\t"),
        PRODUCTS.replace(_MILK, f'="{_MILK}"'),
        PRODUCTS.replace(_MILK, f'"=""{_MILK}"""'),
        PRODUCTS.replace(_MILK, f"{_MILK}.0"),
        PRODUCTS.replace(_MILK, f"{_MILK}.00"),
        PRODUCTS.replace(_MILK, "4.006381333931E+12"),
    ],
)
def test_exports_that_lose_nothing_are_taken(tmp_path: Path, products: str) -> None:
    """A line for the separator, two byte order marks, texts as formulas, numbers with a point: the same store."""
    plain = read_folder(write_sample(tmp_path / "plain"))
    exported = read_folder(write_sample(tmp_path / "exported", products_csv=products))
    assert exported == plain


def test_lines_are_counted_with_the_line_for_the_separator(tmp_path: Path) -> None:
    """A fault stands where an editor shows it."""
    write_sample(tmp_path, products_csv="sep=,\n" + PRODUCTS.replace("Butter", ""))
    (fault,) = check_folder(tmp_path).faults
    assert fault.where == "products.csv:4"


@pytest.mark.parametrize(
    "products",
    [
        PRODUCTS.replace("Butter", "Käse").encode("cp1252"),
        codecs.BOM_UTF16_LE + PRODUCTS.encode("utf-16-le"),
        b'gtin;name\n1;"open',
        b"",
    ],
)
def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path, products: bytes) -> None:
    """Not one more for each of the sixty slots whose products would be in it."""
    write_sample(tmp_path, products_csv=products, slots_csv=_MANY)
    told = check_folder(tmp_path)
    assert {fault.where.partition(":")[0] for fault in told.faults} == {"products.csv"}
    assert len(told.faults) <= 2


def test_the_same_goes_for_bays(tmp_path: Path) -> None:
    """Slots and calibrations that stand in bays of a file that is no YAML are no faults of their own."""
    write_sample(tmp_path, bays_yaml="- id: [", slots_csv=SLOTS)
    assert [fault.where.partition(":")[0] for fault in check_folder(tmp_path).faults] == ["bays.yaml"]
