"""Which pictures a person is asked to label, and what the folder holds afterwards."""

import json
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.console import Console
from typer.testing import CliRunner, Result

from alerts.tables import alerts
from deploy.cli import command_line
from deploy.demo.settings import DEMO_STORE
from deploy.runtime.collecting import Collecting, contradictions, disagreements
from detector.contract import Facings
from detector.train.coco_pictures import labelled_folder
from detector.train.teaching.choosing import AT_RANDOM, Candidate, chosen, doubt
from shelfstream.answers import AnswerKind
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.errors import Faults
from shelfstream.sql import engine_of, metadata, writing
from simulator.scenes.scenes import random_scene

_STORE, _CAMERA = "demo-market", "cam-left"


def _run(words: Sequence[object]) -> Result:
    return CliRunner().invoke(command_line(), [str(word) for word in words])


def _facings(*scores: float) -> Facings:
    boxes = np.array([[20 * n, 0, 20 * n + 15, 15] for n in range(len(scores))], np.float32).reshape(-1, 4)
    return Facings.of_boxes(boxes, np.array(scores, np.float32), np.zeros(len(scores), np.int32))


def _candidate(number: int, scores: Sequence[float], camera: str = "c1", clues: tuple[str, ...] = ()) -> Candidate:
    """Each number is another picture."""
    thumb = np.random.default_rng(number).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    return Candidate(f"{number}.jpg", camera, thumb, _facings(*scores), clues)


def test_doubt_grows_with_unsure_boxes_and_not_with_sure_ones() -> None:
    """A full shelf that is clear teaches nothing; half-seen packs do."""
    clear, half = _facings(*[0.95] * 40), _facings(*[0.95] * 30, *[0.5] * 10)
    assert doubt(clear) == 0
    assert doubt(half) > 0.2
    assert doubt(_facings()) == 0


def test_what_teaches_most_comes_first_and_some_come_by_chance() -> None:
    """The most doubted and what people contradicted; the last fifth is drawn, and says so."""
    clear = [_candidate(number, [0.95] * 20) for number in range(20)]
    doubted, told = _candidate(30, [0.5] * 20), _candidate(31, [0.95] * 20, clues=("staff said not empty at s1",))
    found = chosen([*clear, doubted, told], 10, 1)
    assert [each.name for each in found[:2]] == ["30.jpg", "31.jpg"]
    assert "staff said not empty at s1" in found[1].why
    assert [each.why == AT_RANDOM for each in found] == [False] * 8 + [True] * 2


@given(cameras=st.integers(1, 4), each=st.integers(1, 6), count=st.integers(1, 12), seed=st.integers(0, 50))
def test_no_camera_is_forgotten_and_no_picture_comes_twice(cameras: int, each: int, count: int, seed: int) -> None:
    """Cameras come in turn, however much one of them has to doubt."""
    candidates = [
        _candidate(camera * 10 + number, [0.5] * (1 + 5 * camera), f"c{camera}")
        for camera in range(cameras)
        for number in range(each)
    ]
    found = chosen(candidates, count, seed)
    names = [choice.name for choice in found]
    assert len(names) == len({*names}) == min(count, cameras * each)
    taken = [
        sum(candidate.name in names and candidate.camera == f"c{n}" for candidate in candidates) for n in range(cameras)
    ]
    assert max(taken) - min(taken) <= 1


def test_two_pictures_of_the_same_are_one() -> None:
    """A camera that shows the same shelf all night does not fill the list."""
    same = _candidate(1, [0.5] * 9)
    twin = Candidate("2.jpg", "c1", same.thumb, same.facings)
    assert len(chosen([same, twin], 5, 1)) == 1


def test_cameras_that_disagree_about_a_place_are_named() -> None:
    """One sees the demo's bay full of packs, another of the same view sees nothing: both are worth a look."""
    catalogue = read_folder(DEMO_STORE)
    camera = catalogue.cameras[_STORE, _CAMERA]
    both = {key: each for key, each in catalogue.cameras.items() if key[0] == _STORE}
    both[_STORE, "cam-twin"] = camera.model_copy(update={"id": "cam-twin"})
    catalogue = type(catalogue)(catalogue.stores, both, catalogue.bays, catalogue.slots, catalogue.products)
    size_wh = (1280, 720)
    everywhere = _grid(size_wh)
    found = disagreements(catalogue, _STORE, {_CAMERA: (everywhere, size_wh), "cam-twin": (_gaps(everywhere), size_wh)})
    assert set(found) == {_CAMERA, "cam-twin"}
    assert any("cam-twin disagree about" in clue for clue in found[_CAMERA])
    alike = disagreements(catalogue, _STORE, {_CAMERA: (everywhere, size_wh), "cam-twin": (everywhere, size_wh)})
    assert alike == {}


def _grid(size_wh: tuple[int, int]) -> Facings:
    xs, ys = np.meshgrid(np.arange(0, size_wh[0], 30), np.arange(0, size_wh[1], 50))
    corners = np.stack([xs.ravel(), ys.ravel()], 1).astype(np.float32)
    boxes = np.concatenate([corners, corners + np.array([28, 48], np.float32)], 1)
    return Facings.of_boxes(boxes, np.full(len(boxes), 0.95, np.float32), np.zeros(len(boxes), np.int32))


def _gaps(facings: Facings) -> Facings:
    return Facings.of_boxes(facings.boxes_xyxy, facings.scores, np.ones(len(facings.scores), np.int32))


def _pictures(folder: Path, seeds: Sequence[int]) -> None:
    folder.mkdir()
    for seed in seeds:
        cv2.imwrite(str(folder / f"shelf-{seed}.png"), _scene(seed))


def _scene(seed: int) -> NDArray[np.uint8]:
    return random_scene(seed, (640, 480)).image_bgr


def test_a_folder_of_frames_is_looked_through(tmp_path: Path) -> None:
    """The chosen pictures lie in the folder with the model's boxes; nothing is labelled yet; a second call adds."""
    _pictures(tmp_path / "frames", (41, 42, 43))
    out = tmp_path / "teaching"
    first = _run(["teach", "collect", "--frames", tmp_path / "frames", "--out", out, "--count", 2])
    assert first.exit_code == 0, first.output
    coco = json.loads((out / "annotations.json").read_text())
    assert len(coco["images"]) == 2
    assert all(each["labelled"] == [] and each["why"] for each in coco["images"])
    assert len(coco["annotations"]) > 5
    assert all((out / each["file_name"]).exists() for each in coco["images"])
    assert all(each.told == frozenset() for each in labelled_folder(out).photographs)
    again = _run(["teach", "collect", "--frames", tmp_path / "frames", "--out", out, "--count", 3])
    assert again.exit_code == 0, again.output
    names = [each["file_name"] for each in json.loads((out / "annotations.json").read_text())["images"]]
    assert len(names) == len({*names}) == 3


def test_a_stores_cameras_are_looked_through(tmp_path: Path) -> None:
    """A picture of each camera that gives one; one that is away is told and does not hold up the others."""
    store = tmp_path / "my-store"
    shutil.copytree(DEMO_STORE, store)
    text = (store / "cameras.yaml").read_text()
    gone = text.replace("sim://demo-market/cam-right", f"file://{tmp_path}/nowhere.jpg", 1)
    assert gone != text
    (store / "cameras.yaml").write_text(gone)
    collecting = Collecting.of_store(store, Console(quiet=True))
    console = Console(record=True, width=200, file=(tmp_path / "said.txt").open("w"))
    collecting.look(console)
    taken = collecting.choose(5, 1)
    assert [re.sub(r"-\d{8}.*", "", each.name) for each in taken] == [_CAMERA]
    assert "camera cam-right" in console.export_text()
    collecting.write(tmp_path / "out", taken)
    assert len(labelled_folder(tmp_path / "out").photographs) == len(taken)


def _alert(alert_id: str, slot: str, answer: AnswerKind) -> dict[str, object]:
    """A row of an alert that is closed, with what staff said to it."""
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    row = {"alert_id": alert_id, "store": _STORE, "slot": slot, "bay": "bay-1", "gtin": "04006381333931"}
    times = dict.fromkeys(("onset_earliest", "onset_latest", "raised_at", "answered_at", "cleared_at"), at)
    state = {"state": "OUT", "status": "cleared", "step": 2, "event_id": alert_id, "slot_sequence": 1}
    return {**row, **times, **state, "answer": answer.value}


def test_staffs_answers_are_clues_and_a_database_without_any_is_none(tmp_path: Path) -> None:
    """What staff called not empty speaks for the camera that sees it; other answers and other places do not."""
    catalogue = read_folder(DEMO_STORE)
    engine = engine_of(f"sqlite:///{tmp_path / 'shelf.db'}")
    assert contradictions(engine, catalogue, _STORE) == {}
    slot = next(each for each in catalogue.slots.values() if each.bay == "bay-1")
    metadata.create_all(engine)
    with writing(engine) as connection:
        for number, answer in enumerate((AnswerKind.NOT_EMPTY, AnswerKind.REFILLED, AnswerKind.NOT_EMPTY)):
            connection.execute(alerts.insert().values(_alert(f"a{number}", slot.id, answer)))
    assert contradictions(engine, catalogue, _STORE) == {_CAMERA: [f"staff said not empty at {slot.id}"]}


def test_without_a_database_the_command_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that answers are not known, makes no database, and chooses by what is seen."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(DEMO_STORE, tmp_path / "my-store")
    result = _run(["teach", "collect", "--catalogue", "my-store", "--out", "teaching", "--rounds", 1])
    assert result.exit_code == 0, result.output
    assert "answers are not known" in " ".join(result.output.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my-store", "teaching"]


@pytest.mark.parametrize("words", [[], ["--frames", "{tmp}", "--catalogue", "{tmp}"], ["--frames", "{tmp}"]])
def test_where_pictures_come_from_must_be_clear(tmp_path: Path, words: list[str]) -> None:
    """Neither, both, or a folder without pictures."""
    refused = _run(["teach", "collect", "--out", tmp_path / "o", *(word.format(tmp=tmp_path) for word in words)])
    assert isinstance(refused.exception, Faults)
    assert not (tmp_path / "o").exists()
