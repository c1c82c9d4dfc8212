"""Which of a COCO file's boxes are judged, and what spoils a judgement."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from deploy.cli import command_line
from detector.contract import FacingKind
from detector.evaluate.coco import clipped, coco_labels
from shelfstream.errors import Faults
from tests.unit.detector.detector_rig import jpeg_of

_FACINGS = [[20.0 + 30 * n, 40.0, 25.0, 60.0] for n in range(8)]
_TAGS = [[20.0 + 30 * n, 105.0, 20.0, 10.0] for n in range(8)]
_GAPS = [[300.0, 40.0, 80.0, 60.0]]
_SHELF = np.full((240, 400, 3), 120, np.uint8)
_KINDS = {1: ("facing", _FACINGS), 2: ("price_tag", _TAGS), 3: ("gap", _GAPS)}


def figures_of(folder: Path, what: str, found: list[dict[str, Any]], *options: str) -> dict[str, float]:
    listed, told = folder / "found.json", folder / "figures.json"
    listed.write_text(json.dumps(found))
    words = ["evaluate", what, str(folder), "--found", str(listed), "--json", str(told), *options]
    result = CliRunner().invoke(command_line(), words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    held: dict[str, float] = json.loads(told.read_text())
    return held


def written(folder: Path, kinds: dict[int, tuple[str, list[list[float]]]], pictures: int = 1) -> list[dict[str, Any]]:
    """A labelled folder with these boxes in each picture; gives a list that finds exactly what is labelled."""
    images = [{"id": number, "file_name": f"{number}.jpg"} for number in range(pictures)]
    for image in images:
        (folder / str(image["file_name"])).write_bytes(jpeg_of(_SHELF))
    annotations: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for image in images:
        for kind, (name, boxes) in kinds.items():
            for box in boxes:
                ident = len(annotations) + 1
                annotations.append({"id": ident, "image_id": image["id"], "category_id": kind, "bbox": box})
                category = "facing" if name in ("facing", "bottle", "box") else name
                found.append({"file_name": image["file_name"], "category": category, "bbox": box, "score": 0.9})
    labels = {"categories": [{"id": kind, "name": name} for kind, (name, _) in kinds.items()]}
    (folder / "annotations.json").write_text(json.dumps({**labels, "images": images, "annotations": annotations}))
    return found


def test_only_what_was_asked_for_is_counted(tmp_path: Path) -> None:
    """Facings, price tags and a gap in one file: a list that finds facings and gap exactly is perfect for both."""
    found = written(tmp_path, _KINDS)
    assert figures_of(tmp_path, "facings", found)["AP"] == pytest.approx(1.0, abs=0.001)
    assert figures_of(tmp_path, "gaps", found)["hit rate at 0.5"] == 1.0


def test_categories_that_say_nothing_must_be_named(tmp_path: Path) -> None:
    """Two categories of goods: the fault lists them, and with their names given both count."""
    found = written(tmp_path, {1: ("bottle", _FACINGS[:4]), 2: ("box", _FACINGS[4:]), 3: ("price_tag", _TAGS)})
    with pytest.raises(Faults, match=r"labels bottle, box, price_tag; .*--category"):
        figures_of(tmp_path, "facings", found)
    both = ("--category", "bottle", "--category", "box")
    assert figures_of(tmp_path, "facings", found, *both)["AP"] == pytest.approx(1.0, abs=0.001)
    with pytest.raises(Faults, match="has no category tin"):
        figures_of(tmp_path, "facings", found, "--category", "tin")


def test_another_kind_is_never_taken_for_the_one_asked_for(tmp_path: Path) -> None:
    """A file of gaps alone says nothing of facings; one of a single stranger ('object') is taken at its word."""
    written(tmp_path, {3: ("gap", _GAPS)})
    with pytest.raises(Faults, match="labels gap"):
        coco_labels(tmp_path, FacingKind.FACING)
    written(tmp_path, {1: ("object", _FACINGS), 2: ("ignore", _GAPS)})
    (labels,) = coco_labels(tmp_path, FacingKind.FACING)
    assert (len(labels.truth_xyxy), len(labels.ignored_xyxy)) == (8, 1)


@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
def test_a_spoilt_picture_is_named_and_nothing_is_measured(tmp_path: Path, end: bytes) -> None:
    """One of three pictures is cut in half, with and without an end marker: its file stands in the fault."""
    found = written(tmp_path, _KINDS, pictures=3)
    noise = np.random.default_rng(1).integers(0, 255, _SHELF.shape, np.uint8)
    whole = jpeg_of(noise)
    (tmp_path / "1.jpg").write_bytes(whole[: len(whole) // 2] + end)
    with pytest.raises(Faults, match=r"1\.jpg: .*cut short") as caught:
        figures_of(tmp_path, "facings", found)
    assert len(caught.value.faults) == 1


def test_boxes_beyond_the_border_are_cut_on_both_sides(tmp_path: Path) -> None:
    """Labels and finds reach 200 px beyond the picture: what is judged is what lies in it."""
    beyond = {1: ("facing", [[-200.0, 40.0, 260.0, 60.0], [340.0, 150.0, 260.0, 60.0], [100.0, 40.0, 25.0, 60.0]])}
    found = written(tmp_path, beyond)
    for each in found:
        left, top, width, height = each["bbox"]
        right = min(400.0, left + width)
        each["bbox"] = [max(0.0, left), top, right - max(0.0, left), height]
    assert figures_of(tmp_path, "facings", found)["AP"] == pytest.approx(1.0, abs=0.001)


_EDGES = st.floats(-500, 900, width=32)


@given(st.lists(st.tuples(_EDGES, _EDGES, _EDGES, _EDGES), max_size=20))
def test_no_box_leaves_its_picture(corners: list[tuple[float, float, float, float]]) -> None:
    """Whatever boxes there are, what is left of each has an area and lies in the picture."""
    ordered = [(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in corners]
    boxes = np.array(ordered, np.float32).reshape(-1, 4)
    cut = clipped(boxes, (400, 240))
    assert ((cut >= 0) & (cut <= (400, 240, 400, 240))).all()
    assert (cut[:, 2:] > cut[:, :2]).all()


def _spoilt(labels: dict[str, Any], dice: random.Random) -> object:
    """The labels with one value anywhere replaced by something of another kind."""
    strange: list[object] = [None, -1, 1e400, "x", [], {}, True, "\udcfc", 2**70]
    place: Any = labels
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = dice.choice(keys)
        if not isinstance(place[key], dict | list) or dice.random() < 0.2:
            place[key] = dice.choice(strange)
            return labels
        place = place[key]
    return labels


@given(st.integers(0, 10**6))
def test_spoilt_labels_end_in_a_sentence(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Any value replaced by any other: labels, or ``Faults``, and nothing else."""
    folder = tmp_path_factory.getbasetemp() / "spoilt"
    folder.mkdir(exist_ok=True)
    written(folder, _KINDS)
    labels = _spoilt(json.loads((folder / "annotations.json").read_text()), random.Random(seed))
    (folder / "annotations.json").write_text(json.dumps(labels))
    try:
        coco_labels(folder, FacingKind.FACING)
    except Faults as exc:
        assert exc.faults  # noqa: PT017 - whatever it is, it says something
