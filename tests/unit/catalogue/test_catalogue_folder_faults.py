"""Every fault in a folder is told with its file and line."""

from pathlib import Path

import pytest

from shelfstream.catalogue.folder.read import check_folder, read_folder
from shelfstream.errors import Faults
from tests.unit.catalogue.catalogue_samples import BAYS, CAMERAS, PRODUCTS, SLOTS, STORE, picture, write_sample

HOURS = "  mon-fri: 08:00-12:30, 14:00-20:00\n"
ROUTES = "deputy: boss\nroutes:\n- tells: early\n"
SLOT_2 = "a2,dairy-1,s1,4012345678901,210,480,3,2,3"

FAULTS = [
    ("store_yaml", STORE.replace("name: Main Street\n", ""), "store.yaml:1", "name is missing"),
    ("store_yaml", STORE.replace("Europe/Berlin", "Europe/Berlyn"), "store.yaml:3", "is no time zone"),
    ("store_yaml", STORE.replace("Europe/Berlin", "Europe"), "store.yaml:3", "'Europe' is no time zone"),
    ("store_yaml", STORE.replace("Europe/Berlin", "America/Indiana"), "store.yaml:3", "is no time zone"),
    ("store_yaml", STORE.replace("Europe/Berlin", "x" * 300), "store.yaml:3", "is no time zone"),
    ("store_yaml", STORE.replace("Europe/Berlin", "Europe" + "/Berlin" * 500), "store.yaml:3", "is no time zone"),
    (
        "store_yaml",
        STORE.replace("08:00-18:00", "08:00-00:00"),
        "store.yaml:6",
        "midnight at the end of a day is 24:00",
    ),
    ("store_yaml", STORE.replace("name:", "nmae:"), "store.yaml:2", "did you mean name?"),
    ("store_yaml", STORE + "name: Again\n", "store.yaml:7", "name is given twice"),
    ("store_yaml", STORE.replace("08:00-18:00", "18:00-08:00"), "store.yaml:6", "is not before"),
    ("store_yaml", STORE.replace("14:00-20:00", "12:00-20:00"), "store.yaml:5", "opening hours on mon overlap"),
    ("store_yaml", STORE.replace("sat:", "sut:"), "store.yaml:6", "is no weekday"),
    ("store_yaml", STORE.replace("sat:", "fri:"), "store.yaml:6", "fri is given twice"),
    ("store_yaml", STORE.replace("08:00-18:00", "8-18"), "store.yaml:6", "is no stretch of hours"),
    ("store_yaml", STORE + 'gln: "4012345000001"\n', "store.yaml:7", "check digit should be"),
    ("store_yaml", STORE + "a: [\n", "store.yaml:8", "is no YAML"),
    ("store_yaml", STORE.replace("Main Street", "&x Main"), None, ""),
    ("store_yaml", STORE.replace("name: Main Street", "name: *x"), "store.yaml:2", "alias"),
    ("store_yaml", "- a\n", "store.yaml:1", "must hold fields"),
    ("store_yaml", b"id: main-street\nname: Stra\xdfe\n", "store.yaml:2", "is not UTF-8"),
    ("bays_yaml", BAYS.replace("y_mm: 550", "y_mm: 2100"), "bays.yaml:7", "is higher than the bay"),
    ("bays_yaml", BAYS.replace("y_mm: 550", "y_mm: 450"), "bays.yaml:6", "reaches into shelf s2"),
    ("bays_yaml", BAYS.replace("y_mm: 550", "y_mm: 150"), "bays.yaml:7", "at the same height"),
    ("bays_yaml", BAYS.replace("id: s2", "id: s1"), "bays.yaml:7", "shelf s1 is there twice"),
    ("bays_yaml", BAYS.replace("1250", "1250,5"), "bays.yaml:3", "write a decimal point"),
    ("bays_yaml", BAYS + BAYS, "bays.yaml:8", "bay dairy-1 is there twice; the first is at bays.yaml:1"),
    ("bays_yaml", BAYS + "- just text\n", "bays.yaml:8", "an entry must hold fields"),
    ("bays_yaml", "id: dairy-1\n", "bays.yaml:1", "must be a list"),
    ("bays_yaml", BAYS + "  store: elsewhere\n", "bays.yaml:8", "leave out 'store'"),
    ("slots_csv", SLOTS.replace("480", "1300"), "slots.csv:3", "outside bay dairy-1"),
    (
        "store_yaml",
        STORE + "quiet: {daily: '12:00-14:00, 13:00-15:00'}\n",
        "store.yaml:7",
        "quiet hours on mon overlap",
    ),
    ("store_yaml", STORE + "quiet: at night\n", "store.yaml:7", "quiet: write one line per weekday"),
    ("store_yaml", STORE + "routes:\n- tells: early\n", "store.yaml:1", "deputy is missing"),
    ("store_yaml", STORE + ROUTES + "  tolls: 3\n", "store.yaml:10", "routes[1].tolls is no field there is"),
    (
        "store_yaml",
        STORE + ROUTES + "  hours:\n    mun: 06:00-14:00\n",
        "store.yaml:11",
        "routes[1].hours: 'mun' is no",
    ),
    ("store_yaml", STORE + ROUTES + "  hours: at night\n", "store.yaml:10", "routes[1].hours: write one line"),
    ("store_yaml", STORE + ROUTES + "  states: [EMPTY]\n", "store.yaml:10", "routes[1].states"),
    (
        "store_yaml",
        STORE + ROUTES + "  hours:\n    mon: 06:00-14:00, 12:00-15:00\n",
        "store.yaml:11",
        "hours of a route on mon overlap",
    ),
    ("slots_csv", SLOTS.replace("210,480", "200,480"), "slots.csv:3", "overlaps slot a1"),
    ("slots_csv", SLOTS.replace("210,480", "480,210"), "slots.csv:3", "is not left of"),
    ("slots_csv", SLOTS.replace("a2,dairy-1,s1", "a2,dairy-1,s7"), "slots.csv:3", "has no shelf 's7'; it has s1, s2"),
    ("slots_csv", SLOTS.replace("a2,dairy-1", "a2,dairy-9"), "slots.csv:3", "there is no bay 'dairy-9'"),
    ("slots_csv", SLOTS.replace("4012345678901", "96385074"), "slots.csv:3", "there is no product"),
    ("slots_csv", SLOTS.replace("4012345678901", "4012345678902"), "slots.csv:3", "check digit should be 1"),
    ("slots_csv", SLOTS.replace("4012345678901", "4.01235E+12"), "slots.csv:3", "a spreadsheet has rounded it"),
    ("slots_csv", SLOTS.replace("4012345678901", "5E+12"), "slots.csv:3", "a spreadsheet has rounded it"),
    (
        "slots_csv",
        SLOTS.replace("4012345678901", "40123456789"),
        "slots.csv:3",
        "with its check digit it is 401234567893",
    ),
    ("slots_csv", SLOTS.replace("a2,", "a1,"), "slots.csv:3", "slot a1 is there twice; the first is at slots.csv:2"),
    ("slots_csv", SLOTS.replace("3,2,3", "3,2,7"), "slots.csv:3", "more than the 6 facings"),
    ("slots_csv", SLOTS.replace("3,2,3", "3,2.5,3"), "slots.csv:3", "facings_high: '2.5' is no whole number"),
    ("slots_csv", SLOTS.replace("3,2,3", "3,2,3,5"), "slots.csv:3", "has 10 cells, the first line names 9"),
    ("slots_csv", SLOTS.replace("3,2,3", '3,2,"3'), "slots.csv:3", "check the quotes"),
    ("slots_csv", SLOTS.replace("x_min_mm", "x_mn_mm"), "slots.csv:1", "did you mean x_min_mm?"),
    ("slots_csv", SLOTS.replace("gtin", "colour"), "slots.csv:1", "column gtin is missing"),
    ("slots_csv", SLOTS.replace("presentation_min", "bay"), "slots.csv:1", "column bay is there twice"),
    ("slots_csv", "", "slots.csv:1", "needs a first line"),
    ("products_csv", PRODUCTS.replace("1.29", '"1,29"'), "products.csv:2", "write a decimal point"),
    ("products_csv", PRODUCTS.replace("butter.png", "cream.png"), "products.csv:3", "is not in pictures/"),
    ("products_csv", PRODUCTS.replace("butter.png", "b" * 300 + ".png"), "products.csv:3", "cannot be read: File name"),
    ("products_csv", PRODUCTS.replace("butter.png", "\0.png"), "products.csv:3", "has a name that no file can have"),
    ("products_csv", PRODUCTS.replace("butter.png", "../store.yaml"), "products.csv:3", "must be the name of a file"),
    ("products_csv", PRODUCTS.replace("Butter", ""), "products.csv:3", "name is missing"),
    ("cameras_yaml", CAMERAS.replace("${PASSWORD_1}", "hunter2"), "cameras.yaml:2", "holds a password"),
    ("cameras_yaml", CAMERAS.replace("stream1", "s?token=abc"), "cameras.yaml:2", "holds a secret in 'token'"),
    ("cameras_yaml", CAMERAS.replace("rtsp:", "ftp:"), "cameras.yaml:2", "is no kind of source"),
    ("cameras_yaml", CAMERAS.replace("${USER_1}", "${USER 1}"), "cameras.yaml:2", "is no reference"),
    ("cameras_yaml", CAMERAS.replace("bay: dairy-1", "bay: dairy-9"), "cameras.yaml:4", "there is no bay 'dairy-9'"),
    ("cameras_yaml", CAMERAS.replace("600, 500 ->", "1100, 900 ->"), "cameras.yaml:10", "have the same image_px"),
    ("cameras_yaml", CAMERAS.replace("625, 900", "1250, 0"), "cameras.yaml:10", "have the same bay_mm"),
    ("cameras_yaml", CAMERAS.replace("600, 500", "-600, 500"), "cameras.yaml:10", "outside any picture"),
    ("cameras_yaml", CAMERAS.replace("625, 900", "625, 9000"), "cameras.yaml:10", "far outside the bay"),
    ("cameras_yaml", CAMERAS.replace("625, 900", "325, 500"), "cameras.yaml:10", "mm off from where the others put"),
    ("cameras_yaml", CAMERAS.replace("100, 100 ->", "100 100"), "cameras.yaml:6", "points[1]"),
]


@pytest.mark.parametrize(("file", "text", "where", "what"), FAULTS)
def test_a_fault_is_told_where_it_stands(
    tmp_path: Path, file: str, text: str | bytes, where: str | None, what: str
) -> None:
    """Each mistake is found on its own line; ``None`` stands for something that is no mistake."""
    faults = check_folder(write_sample(tmp_path, **{file: text})).faults
    if where is None:
        assert faults == ()
        return
    told = {fault.where: fault.what for fault in faults}
    assert any(fault.where == where and what in fault.what for fault in faults), told


def test_the_sample_has_neither_faults_nor_warnings(tmp_path: Path) -> None:
    """The folder that all these tests start from is good."""
    checked = check_folder(write_sample(tmp_path))
    assert (checked.faults, checked.warnings) == ((), ())
    assert len(checked.catalogue.entities()) == 7


def test_all_faults_of_all_files_come_at_once_in_reading_order(tmp_path: Path) -> None:
    """A person mends everything in one go; line 10 comes after line 9."""
    rows = "".join(f"b{n},dairy-1,s2,4006381333931,0,{n}\n" for n in range(1, 12))
    header = "id,bay,shelf,gtin,x_min_mm,x_max_mm\n"
    write_sample(tmp_path, slots_csv=header + rows, store_yaml=STORE.replace("Berlin", "B"), bays_yaml="- id: X\n")
    with pytest.raises(Faults) as caught:
        read_folder(tmp_path)
    where = [fault.where for fault in caught.value.faults]
    assert where[-1] == "store.yaml:3"
    slots = [int(each.split(":")[1]) for each in where if each.startswith("slots.csv")]
    assert slots == sorted(slots)
    assert slots[-1] == 12


def test_a_faulty_bay_is_told_once_and_not_again_by_its_slots(tmp_path: Path) -> None:
    """What follows from a fault is no fault of its own."""
    faults = check_folder(write_sample(tmp_path, bays_yaml=BAYS.replace("2000", "high"))).faults
    assert [fault.where for fault in faults] == ["bays.yaml:4"]


def test_a_mistake_in_one_field_does_not_hide_a_secret_in_another(tmp_path: Path) -> None:
    """Rules still look at an entry one of whose optional fields is wrong."""
    cameras = CAMERAS.replace("${PASSWORD_1}", "hunter2") + "  interval_s: often\n"
    faults = check_folder(write_sample(tmp_path, cameras_yaml=cameras)).faults
    assert [fault.where for fault in faults] == ["cameras.yaml:2", "cameras.yaml:11"]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"GIF89a", "neither a JPEG nor a PNG"),
        (picture("jpg")[:-200], "cut short"),
        (picture("png")[:-60], "cut short"),
        (picture("png", (8, 40)), "has only 8×40 px"),
        (picture("png").replace((40).to_bytes(4), (60_000).to_bytes(4), 1), "says that it has 60000×60 px"),
        (b"\xff\xd8\xff" + b"\x00" * 100, "without its header"),
    ],
)
def test_a_bad_picture_is_refused_by_its_header(tmp_path: Path, data: bytes, what: str) -> None:
    """Bombs, torsos and strangers are found without decoding anything."""
    write_sample(tmp_path)
    (tmp_path / "pictures" / "butter.png").write_bytes(data)
    (fault,) = check_folder(tmp_path).faults
    assert fault.where == "products.csv:3"
    assert what in fault.what


def test_swapped_calibration_points_are_found_even_among_four(tmp_path: Path) -> None:
    """Four points always fit some map; that it turns the bay over gives it away."""
    swapped = CAMERAS.replace("- 100, 100 ->", "- X ->").replace("- 1100, 100 ->", "- 100, 100 ->")
    swapped = swapped.replace("- X ->", "- 1100, 100 ->").replace("        - 600, 500 -> 625, 900\n", "")
    (fault,) = check_folder(write_sample(tmp_path, cameras_yaml=swapped)).faults
    assert "swapped or mirrored" in fault.what


def test_calibration_points_on_one_line_are_refused(tmp_path: Path) -> None:
    """Points along one shelf edge do not fix the plane."""
    points = "".join(f"        - {100 + 200 * n}, 500 -> {250 * n}, 900\n" for n in range(5))
    head = CAMERAS[: CAMERAS.index("        - ")]
    (fault,) = check_folder(write_sample(tmp_path, cameras_yaml=head + points)).faults
    assert (fault.where, "lie on one line" in fault.what) == ("cameras.yaml:5", True)


def test_what_may_be_meant_is_a_warning(tmp_path: Path) -> None:
    """Unplaced products, unwatched bays and files nobody reads do not keep a folder from being published."""
    write_sample(tmp_path, slots_csv=SLOTS.replace(SLOT_2 + "\n", ""), cameras_yaml="")
    (tmp_path / "camera.yaml").write_text("- id: x\n")
    checked = check_folder(tmp_path)
    assert checked.faults == ()
    told = {warning.where: warning.what for warning in checked.warnings}
    assert "stands in no slot" in told["products.csv:3"]
    assert "no camera is calibrated" in told["bays.yaml:1"]
    assert "is not read" in told["camera.yaml"]


def test_spreadsheet_dialects_read_the_same(tmp_path: Path) -> None:
    """A byte order mark, semicolons, tabs, carriage returns and blank lines change nothing."""
    plain = read_folder(write_sample(tmp_path / "store"))
    semicolons = "\ufeff" + SLOTS.replace(",", ";").replace("\n", "\r\n") + ";;;;;;;;\r\n"
    tabs = PRODUCTS.replace(",", "\t").upper().replace("MILK.JPG", "milk.jpg").replace("BUTTER.PNG", "butter.png")
    tabs = tabs.replace("WHOLE MILK", "Whole milk").replace("BUTTER", "Butter")
    other = read_folder(write_sample(tmp_path / "store", slots_csv=semicolons, products_csv=tabs))
    assert other == plain


def test_one_store_or_one_folder_per_store(tmp_path: Path) -> None:
    """Several stores lie side by side; their identifiers must differ and none may lie inside another."""
    write_sample(tmp_path / "a")
    write_sample(tmp_path / "b", store_yaml=STORE.replace("id: main-street\n", ""))
    checked = check_folder(tmp_path)
    assert (set(checked.catalogue.stores), checked.faults) == ({"main-street", "b"}, ())
    write_sample(tmp_path / "c")
    (fault,) = check_folder(tmp_path).faults
    assert (fault.where, fault.what) == ("c/store.yaml:1", "store main-street is already in a/store.yaml:1")
    write_sample(tmp_path)
    assert any(fault.where == "a/store.yaml" for fault in check_folder(tmp_path).faults)


def test_no_folder_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    """A wrong path is a fault with a sentence, not a crash."""
    assert check_folder(tmp_path / "nowhere").faults[0].what == "is no folder"
    assert check_folder(tmp_path).faults[0].where == "store.yaml"
