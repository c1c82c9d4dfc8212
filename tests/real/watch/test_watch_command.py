"""``shelfstream watch`` as a person starts it: processes, servers, the shipped model."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from shelfstream.clock import SystemClock
from simulator.store.camera import SimCamera

pytestmark = [pytest.mark.real, pytest.mark.slow]
SIM = "sim://demo-market/cam-left?seed=7&speed=60"


def watch(source: str, seconds: int, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command for a while; its output and exit code."""
    command = [sys.executable, "-m", "deploy", "watch", source, "--for", str(seconds), "--no-browser", "--port", "0"]
    return subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=seconds + 120, check=False, cwd=Path.cwd()
    )


def test_a_single_picture_is_shown_and_nothing_goes_missing(tmp_path: Path) -> None:
    """A picture that never changes is learned, and then nothing is said to be gone."""
    picture = tmp_path / "shelf.jpg"
    picture.write_bytes(SimCamera(SIM, SystemClock()).frame_at(datetime(2026, 3, 2, 12, tzinfo=UTC)))
    done = watch(str(picture), 25, "--learn", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "See it at http://127.0.0.1:" in done.stdout
    assert "Learned" in done.stdout
    assert "is gone" not in done.stdout


def test_what_sells_out_before_the_camera_is_told() -> None:
    """On a camera whose shelf sells out, items are said to be gone."""
    done = watch(SIM, 80)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is gone" in done.stdout


def test_unrelated_pictures_run_without_error(tmp_path: Path) -> None:
    """A folder of different views and sizes, a broken file among them, shows detections and ends in good order."""
    for number in range(4):
        size = (200 + 40 * number, 300, 3)
        image = np.random.default_rng(number).integers(0, 255, size, dtype=np.uint8)
        (tmp_path / f"{number}.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())
    (tmp_path / "2b.jpg").write_bytes(b"\xff\xd8 no picture")
    done = watch(str(tmp_path), 15)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Frame 1:" in done.stdout
