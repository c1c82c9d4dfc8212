"""Nothing that a person can put into a folder makes the reader fail in another way than with faults."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfstream.catalogue.folder.read import CheckedFolder, check_folder
from tests.unit.catalogue.catalogue_samples import BAYS, CAMERAS, PRODUCTS, SLOTS, STORE, write_sample

GOOD = {"store_yaml": STORE, "bays_yaml": BAYS, "slots_csv": SLOTS, "products_csv": PRODUCTS, "cameras_yaml": CAMERAS}
_PIECES = [
    "\n",
    "  ",
    "- ",
    ":",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "|",
    "&a",
    "*a",
    "!!x",
    "\t",
    ",",
    ";",
    "->",
    "\x00",
    "1e999",
]


def _check(**edits: str | bytes) -> CheckedFolder:
    with tempfile.TemporaryDirectory() as folder:
        return check_folder(write_sample(Path(folder), **edits))


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, str]:
    """A good file with a few characters cut out or put in."""
    file = draw(st.sampled_from(sorted(GOOD)))
    text = GOOD[file]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 12))
        text = text[:start] + draw(st.sampled_from(["", *_PIECES])) + text[start + cut :]
    return file, text


@settings(max_examples=300, deadline=None)
@given(spoilt())
def test_a_spoilt_file_is_told_or_still_good(edit: tuple[str, str]) -> None:
    """Every fault of a spoilt file names a file of the folder."""
    file, text = edit
    for fault in _check(**{file: text}).faults:
        assert fault.where.split(":")[0] in {name.replace("_", ".") for name in GOOD}
        assert fault.what


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=200))
def test_any_bytes_at_all_are_answered_with_faults(file: str, data: bytes) -> None:
    """Binary junk in the place of a file never gets through as a whole catalogue with that file's entities."""
    checked = _check(**{file: data})
    assert checked.faults or file == "cameras_yaml" or not data.strip()


@pytest.mark.parametrize("text", ["[" * 5000, "a: " + "{b: " * 3000, "- " * 4000 + "x", "a" * 100_000])
def test_deep_and_long_files_are_told(text: str) -> None:
    """Nesting without end is a fault and not a crash."""
    assert any(fault.where.startswith("bays.yaml") for fault in _check(bays_yaml=text).faults)


def test_a_few_lines_do_not_unfold_to_gigabytes() -> None:
    """The billion laughs are refused at the first alias."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    faults = _check(store_yaml="\n".join(lines)).faults
    assert faults[0].where == "store.yaml:2"
    assert "alias" in faults[0].what
