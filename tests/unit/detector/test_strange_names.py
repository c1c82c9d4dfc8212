"""Files whose names are no UTF-8, in the commands that a person points at them."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from shelfstream.identifiers import shown_name
from simulator.scenes.scenes import random_scene
from tests.unit.detector.detector_rig import jpeg_of

# Latin-1's ü.
_NAME = b"k\xfcche"


def run(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own: what is tested for ended the interpreter."""
    command = [sys.executable, "-m", "deploy", *(str(word) for word in words)]
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, check=False, capture_output=True, timeout=120, env=strict)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder and a picture in it, both with such names, and one picture that is cut."""
    made = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + _NAME))
    made.mkdir()
    picture = jpeg_of(random_scene(4, (640, 480)).image_bgr)
    (made / os.fsdecode(_NAME + b".jpg")).write_bytes(picture)
    return made


@pytest.mark.slow
def test_detect_looks_at_them_and_counts_what_cannot_be_read(folder: Path, tmp_path: Path) -> None:
    """Drawn, listed, told; with one cut picture beside it the command says how many, and ends with 1."""
    listed, draw = tmp_path / "found.json", folder / "drawn"
    done = run("detect", folder, "--json", listed, "--draw", draw)
    assert (done.returncode, b"k\\xfcche.jpg" in listed.read_bytes().replace(b"\\\\", b"\\")) == (0, True), done.stderr
    assert (draw / os.fsdecode(_NAME + b".jpg")).read_bytes().startswith(b"\xff\xd8")
    whole = (folder / os.fsdecode(_NAME + b".jpg")).read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    again = run("detect", folder)
    assert again.returncode == 1
    assert b"1 of 3 pictures could not be read" in again.stderr
    assert b"cut.jpg: the payload is a JPEG picture that is cut short" in again.stderr


@pytest.mark.slow
def test_a_video_of_such_a_name_is_opened(folder: Path, tmp_path: Path) -> None:
    """As a path and as the file URL that ``watch`` makes of it."""
    plain = tmp_path / "plain.avi"
    writer = cv2.VideoWriter(str(plain), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for shade in range(5):
        writer.write(np.full((48, 64, 3), 40 * shade, np.uint8))
    writer.release()
    strange = plain.rename(folder / os.fsdecode(_NAME + b".avi"))
    code = (
        "import os, sys; from pathlib import Path; from ingest.sources.base import OpeningOptions;"
        "from ingest.sources.open import open_source;"
        "from shelfstream.clock import SystemClock; path = Path(os.fsdecode(bytes.fromhex(sys.argv[1])));"
        "options = OpeningOptions(SystemClock(), 1, 2, 2, 9**9);"
        "made = [open_source(url, {}, options) for url in (str(path), path.as_uri())];"
        "print([each.read(1).picture.shape for each in made])"
    )
    words = [sys.executable, "-c", code, os.fsencode(strange).hex()]
    done = subprocess.run(words, check=False, capture_output=True, timeout=60)
    assert done.stdout.strip() == b"[(48, 64, 3), (48, 64, 3)]", done.stderr


def test_names_are_shown_in_texts_that_everything_takes() -> None:
    """Others stay as they are."""
    assert shown_name(os.fsdecode(b"k\xfcche.jpg")) == "k\\xfcche.jpg"
    assert shown_name("küche.jpg") == "küche.jpg"
