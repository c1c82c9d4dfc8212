"""A store's labelled pictures make a model better, by the command that a person runs."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from deploy.cli import command_line
from detector.contract import FacingKind
from detector.evaluate.precision import Judged
from detector.evaluate.report import counting_error
from detector.manifest import ScoreFit, read_manifest
from detector.model.shelfnet import save_weights, shelfnet_for_training
from detector.releases.folder import ReleaseFolder
from detector.train.coco_pictures import Photograph
from detector.train.export import export_run
from detector.train.labelled import labelled_scene
from detector.train.teaching.aside import divided
from detector.train.teaching.judge import FIGURES
from detector.train.teaching.scores import cross_fitted, fitted
from detector.train.teaching.teach import REPORT, TeachReport
from shelfstream.errors import Faults
from tests.unit.detector.detector_rig import write_tiny_scenes


@pytest.fixture(autouse=True)
def _as_urgent_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives its process way to a running store; the process of the tests goes on after it."""
    monkeypatch.setattr("deploy.commands.learning.teach.be_nice", lambda: None)


def _run(words: Sequence[object]) -> Result:
    return CliRunner().invoke(command_line(), [str(word) for word in words])


def _photographs(count: int, cameras: int = 1) -> list[Photograph]:
    return [
        Photograph(Path(f"{number}.jpg"), (), (), frozenset(), camera=f"cam-{number % cameras}")
        for number in range(count)
    ]


@given(count=st.integers(3, 60), cameras=st.integers(1, 7), share=st.floats(0.1, 0.9))
def test_a_share_of_every_cameras_pictures_is_kept_aside(count: int, cameras: int, share: float) -> None:
    """The same ones whatever the order, at least one, never all, and of each camera about its share."""
    photographs = _photographs(count, cameras)
    parts = divided(photographs, share)
    assert {*parts.learn, *parts.aside} == {*photographs}
    assert 1 <= len(parts.aside) < count
    assert abs(len(parts.aside) - share * count) <= 1
    assert {each.path for each in divided(photographs[::-1], share).aside} == {each.path for each in parts.aside}


def test_two_pictures_are_too_few() -> None:
    """With nothing to judge with, nobody could say that a model is better."""
    with pytest.raises(Faults, match="at least 3"):
        divided(_photographs(2), 0.5)


def _seen(seed: int, shift: float) -> Judged:
    """Ten things, found with higher scores than twenty others that are none; all scores too low by a shift."""
    rng = np.random.default_rng(seed)
    boxes = np.array([[20 * n, 0, 20 * n + 15, 15] for n in range(30)], np.float32)
    logits = np.where(np.arange(30) < 10, 2.0, -2.0) + rng.normal(0, 0.3, 30) + shift
    order = np.argsort(-logits)
    scores = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return Judged(boxes[order], scores[order], boxes[:10], np.zeros((0, 4), np.float32))


def test_scores_come_to_mean_what_they_say() -> None:
    """A model whose scores are all too low counts nothing; fitted on other pictures, it counts right."""
    pictures = [_seen(seed, -4.0) for seed in range(4)]
    assert counting_error(pictures) == pytest.approx(1.0)
    assert counting_error(cross_fitted(pictures, ScoreFit())) < 0.15
    assert fitted(pictures[:1], ScoreFit()) == ScoreFit()


def _as_found(seed: int) -> Judged:
    """Forty things, found loosely, with as many finds that are none."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 500, (40, 2))
    truth = np.concatenate([corners, corners + rng.uniform(20, 60, (40, 2))], 1).astype(np.float32)
    found = truth + rng.normal(0, 5, truth.shape).astype(np.float32)
    found = np.concatenate([found, rng.permutation(found) + 90])[rng.permutation(80)].astype(np.float32)
    scores = np.sort(rng.random(80))[::-1].astype(np.float32)
    return Judged(found, scores, truth, np.zeros((0, 4), np.float32))


@pytest.mark.parametrize("name", ["AP50", "AP"])
def test_precision_over_draws_is_cocos(name: str) -> None:
    """What intervals are drawn from is the very figure that is told, so that both mean the same."""
    seen = [_as_found(seed) for seed in range(4)]
    figure = FIGURES[name]
    assert figure.over(seen)([0, 1, 2, 3]) == pytest.approx(figure.of(seen), abs=1e-6)
    twice = figure.over(seen)([0, 0, 2])
    assert twice == pytest.approx(figure.of([seen[0], seen[0], seen[2]]), abs=0.02)


def _labelled_pictures(folder: Path, count: int, *, told: list[str]) -> None:
    """Tiny scenes as photographs with COCO labels."""
    write_tiny_scenes(folder / "made", count)
    pictures: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, path in enumerate(sorted((folder / "made").glob("*.npz"))):
        scene = labelled_scene(path)
        cv2.imwrite(str(folder / f"{number}.jpg"), scene.image_bgr)
        pictures.append({"id": number, "file_name": f"{number}.jpg", "labelled": told, "camera": f"cam-{number % 2}"})
        for box, kind in zip(scene.boxes_xyxy.tolist(), scene.kinds.tolist(), strict=True):
            if FacingKind(kind).name.lower() in told:
                bbox = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
                annotations.append({"id": len(annotations), "image_id": number, "category_id": kind + 1, "bbox": bbox})
    categories = [{"id": kind.value + 1, "name": kind.name.lower()} for kind in FacingKind]
    told_of = {"images": pictures, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(told_of))


def _untaught(folder: Path) -> Path:
    """The manifest of a network that learned nothing yet."""
    run = folder / "run"
    run.mkdir(parents=True)
    save_weights(shelfnet_for_training(), run / "weights.safetensors")
    (run / "run.json").write_text(
        json.dumps({
            "seed": 1, "steps": 0, "batch": 1, "minutes": 0, "scenes": 0, "schedule_steps": 1, "schedule_minutes": 1,
        })
    )  # fmt: skip
    return export_run(run, folder / "out", name="untaught", scenes_command="none")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_person_teaches_proposes_accepts_and_takes_back(tmp_path: Path) -> None:
    """From labelled pictures to the model in force: better on pictures that it did not learn from, and told so."""
    _labelled_pictures(tmp_path / "pictures", 6, told=["facing"])
    out, models = tmp_path / "out", tmp_path / "models"
    words = ["teach", "train", "--pictures", tmp_path / "pictures", "--out", out]
    # In a process of its own: it makes itself nice, which cannot be taken back.
    words = [sys.executable, "-m", "deploy", *words, "--minutes", 1.5, "--scenes", 10, "--share", 0.9]
    trained = subprocess.run(list(map(str, words)), check=False, capture_output=True, text=True)
    assert trained.returncode == 0, trained.stdout + trained.stderr
    report = TeachReport.model_validate_json((out / REPORT).read_bytes())
    assert (report.learned_from, report.judged_on) == (4, 2)
    assert report.figures["AP50"].after > report.figures["AP50"].before + 0.2
    assert "gaps found" not in report.figures
    assert set(report.cameras) <= {"cam-0", "cam-1"}
    assert read_manifest(out / "taught.json").model == report.taught
    assert _run(["teach", "propose", out / "taught.json", "--models", models]).exit_code == 0
    told = _run(["teach", "status", "--models", models])
    assert "on trial: taught@" in told.output
    assert "No frame was compared yet" in told.output
    accepted = _run(["teach", "accept", "--models", models])
    assert accepted.exit_code == 0, accepted.output
    assert ReleaseFolder(models).state().current == report.taught
    assert _run(["teach", "rollback", "--models", models]).exit_code == 0
    assert ReleaseFolder(models).state().current == ""


def test_pictures_that_nobody_looked_at_neither_teach_nor_judge(tmp_path: Path) -> None:
    """Four pictures with the model's own boxes are no labelled pictures: that is said before anything is rendered."""
    _labelled_pictures(tmp_path / "pictures", 4, told=[])
    refused = _run(["teach", "train", "--pictures", tmp_path / "pictures", "--out", tmp_path / "o"])
    assert isinstance(refused.exception, Faults)
    assert "are 0: at least 3" in str(refused.exception)
    assert "4 pictures are left out" in refused.output
    assert not (tmp_path / "o").exists()


def test_what_a_category_means_must_be_a_kind(tmp_path: Path) -> None:
    """A misspelt kind is told before anything is rendered."""
    (tmp_path / "p").mkdir()
    words = ["teach", "train", "--pictures", tmp_path / "p", "--out", tmp_path / "o", "--as", "tea=facings"]
    refused = _run(words)
    assert isinstance(refused.exception, Faults)
    assert "tea=facings" in str(refused.exception)
    assert not (tmp_path / "o").exists()


def test_a_worse_model_is_not_accepted_without_force(tmp_path: Path) -> None:
    """Nothing says that the proposed model is better: the command says so and changes nothing, unless it is forced."""
    base = _untaught(tmp_path / "base")
    models = tmp_path / "models"
    assert _run(["teach", "propose", base, "--models", models]).exit_code == 0
    refused = _run(["teach", "accept", "--models", models])
    assert isinstance(refused.exception, Faults)
    assert ReleaseFolder(models).state().current == ""
    assert _run(["teach", "reject", "--models", models]).exit_code == 0
    assert _run(["teach", "propose", base, "--models", models]).exit_code == 0
    assert _run(["teach", "accept", "--models", models, "--force", "--why", "a test"]).exit_code == 0
    assert ReleaseFolder(models).state().history[-1].why == "a test"
