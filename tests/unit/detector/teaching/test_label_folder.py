"""The folder of pictures that people label: what a page reads from it and writes to it."""

import json
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.contract import Facings
from detector.train.coco_pictures import labelled_folder
from detector.train.label_folder import KINDS, LabelledBox, TeachingFolder, boxes_of
from shelfstream.errors import Faults


def _folder(path: Path, count: int = 2) -> TeachingFolder:
    for number in range(count):
        cv2.imwrite(str(path / f"{number}.png"), np.zeros((120, 160, 3), np.uint8))
    return TeachingFolder(path)


_BOXES = st.builds(
    LabelledBox,
    kind=st.sampled_from((*KINDS, "ignore")),
    left=st.integers(0, 100).map(float),
    top=st.integers(0, 80).map(float),
    width=st.integers(4, 60).map(float),
    height=st.integers(4, 40).map(float),
    product=st.sampled_from(("", "04006381333931")),
)


@settings(deadline=None, max_examples=40)
@given(boxes=st.lists(_BOXES, max_size=12), looked_for=st.lists(st.sampled_from(KINDS), unique=True))
def test_what_is_saved_is_read_back_and_can_be_learned_from(
    boxes: list[LabelledBox], looked_for: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By the page as it was, and by training: kinds, what to ignore, and what was looked for."""
    path = tmp_path_factory.mktemp("teaching")
    folder = _folder(path)
    folder.save("1.png", boxes, looked_for)
    assert folder.boxes("1.png") == boxes
    assert folder.boxes("0.png") == []
    photographs = {each.path.name: each for each in labelled_folder(path).photographs}
    assert [kind.name.lower() for kind in photographs["1.png"].kinds] == [b.kind for b in boxes if b.kind != "ignore"]
    assert len(photographs["1.png"].ignored_xywh) == sum(box.kind == "ignore" for box in boxes)
    assert {KINDS[kind] for kind in photographs["1.png"].told} == set(looked_for)


def test_the_list_begins_with_what_nobody_looked_at(tmp_path: Path) -> None:
    """With how many boxes there are, what was looked for, and why a picture was chosen."""
    folder = _folder(tmp_path, 3)
    told = {"images": [{"id": 4, "file_name": "2.png", "why": "the model is unsure"}]}
    (tmp_path / "annotations.json").write_text(json.dumps(told))
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "broken.jpg").write_bytes(b"no picture either")
    folder.save("0.png", [LabelledBox("gap", 1, 1, 20, 20)], ["gap"])
    pictures = folder.pictures()
    assert [each.name for each in pictures] == ["1.png", "2.png", "0.png"]
    assert pictures[1].why == "the model is unsure"
    assert (pictures[2].labelled, pictures[2].boxes) == (("gap",), 1)


def test_what_other_tools_wrote_stays(tmp_path: Path) -> None:
    """Other pictures, fields and names of categories: a tool's own name for facings is used, not doubled."""
    folder = _folder(tmp_path)
    told: dict[str, Any] = {
        "info": {"made by": "a tool"},
        "images": [{"id": 7, "file_name": "0.png", "date": "today"}],
        "categories": [{"id": 3, "name": "Facings"}],
        "annotations": [{"id": 9, "image_id": 7, "category_id": 3, "bbox": [1, 2, 30, 40], "score": 0.5}],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(told))
    folder.save("1.png", [LabelledBox("facing", 5, 5, 20, 20)], ["facing"])
    kept = json.loads((tmp_path / "annotations.json").read_text())
    assert kept["info"] == told["info"]
    assert kept["images"][0] == {"id": 7, "file_name": "0.png", "date": "today"}
    assert told["annotations"][0] in kept["annotations"]
    assert [each["category_id"] for each in kept["annotations"]] == [3, 3]


@pytest.mark.parametrize(
    ("box", "what"),
    [
        (LabelledBox("shelf", 1, 1, 9, 9), "of kind shelf"),
        (LabelledBox("gap", 1, 1, 0, 9), "0×9"),
    ],
)
def test_what_is_no_box_is_not_kept(tmp_path: Path, box: LabelledBox, what: str) -> None:
    """The labels stay as they were."""
    folder = _folder(tmp_path)
    with pytest.raises(Faults, match=what):
        folder.save("1.png", [box], ["gap"])
    with pytest.raises(Faults, match="no kind"):
        folder.save("1.png", [], ["shelf"])
    with pytest.raises(Faults, match="no picture"):
        folder.save("../1.png", [], [])
    assert not (tmp_path / "annotations.json").exists()


@pytest.mark.parametrize("spoilt", ["{", "[]", '{"images": {}}', '{"annotations": [3]}'])
def test_labels_that_nobody_can_read_are_told(tmp_path: Path, spoilt: str) -> None:
    """They are not overwritten."""
    folder = _folder(tmp_path)
    (tmp_path / "annotations.json").write_text(spoilt)
    with pytest.raises(Faults, match=r"annotations\.json"):
        folder.save("1.png", [], [])
    assert (tmp_path / "annotations.json").read_text() == spoilt


def test_a_picture_is_added_with_boxes_that_nobody_looked_at(tmp_path: Path) -> None:
    """Into an export of another tool as well, whose own names are used; one of the same name stays as it was."""
    folder = _folder(tmp_path, 1)
    told: dict[str, Any] = {"categories": [{"id": 3, "name": "Facings"}]}
    (tmp_path / "annotations.json").write_text(json.dumps(told))
    data = (tmp_path / "0.png").read_bytes()
    boxes = [LabelledBox("facing", 1, 1, 20, 20), LabelledBox("gap", 40, 1, 20, 20)]
    assert folder.add("9.png", data, boxes, camera="cam-1", why="the model is unsure")
    assert not folder.add("0.png", data[:50], boxes, camera="cam-1", why="")
    assert (tmp_path / "0.png").read_bytes() == data
    assert folder.boxes("9.png") == boxes
    new = next(each for each in folder.pictures() if each.name == "9.png")
    assert (new.labelled, new.boxes, new.why) == ((), 2, "the model is unsure")
    (photograph,) = labelled_folder(tmp_path).photographs
    assert (photograph.told, photograph.camera) == (frozenset(), "cam-1")


def test_two_people_may_save_at_once(tmp_path: Path) -> None:
    """Nothing of either is lost."""
    folder = _folder(tmp_path, 12)
    boxes = [LabelledBox("facing", 1, 1, 20, 20)]
    threads = [threading.Thread(target=folder.save, args=(f"{number}.png", boxes, ["facing"])) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each.boxes == 1 for each in folder.pictures())


def test_what_the_model_is_sure_of_is_proposed_in_the_pictures_own_pixels() -> None:
    """A box of the smaller copy that the model saw is as much larger as the picture is."""
    boxes = np.array([[10, 20, 30, 60], [50, 20, 70, 60]], np.float32)
    seen = Facings.of_boxes(boxes, np.array([0.9, 0.4], np.float32), np.array([1, 0], np.int32))
    assert boxes_of(seen, 2.0, 3.0) == [LabelledBox("gap", 20, 60, 40, 120)]
