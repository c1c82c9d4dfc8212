"""``shelfstream simulate``: what the commands write."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.commands.simulate import app
from shelfstream.catalogue.folder.read import check_folder
from shelfstream.errors import Faults


def test_store_writes_a_catalogue_that_checks_clean(tmp_path: Path) -> None:
    """A newcomer gets a folder to start from."""
    done = CliRunner().invoke(app, ["store", str(tmp_path / "store")])
    assert done.exit_code == 0, done.output
    assert check_folder(tmp_path / "store").faults == ()


def test_frame_writes_what_the_camera_sees_at_a_time(tmp_path: Path) -> None:
    """The same time asked for twice gives the same picture."""
    out = tmp_path / "frame.jpg"
    arguments = ["frame", "sim://demo-market/cam-right", str(out), "--at", "2026-12-01T06:00Z"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    first = out.read_bytes()
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert out.read_bytes() == first


def test_frame_of_an_unknown_camera_says_which_there_are() -> None:
    """A wrong camera name is answered with the right ones."""
    done = CliRunner().invoke(app, ["frame", "sim://demo-market/cam-top"])
    assert isinstance(done.exception, Faults)
    assert "cam-left, cam-right" in str(done.exception)
    with pytest.raises(Faults, match="demo-market"):
        CliRunner().invoke(app, ["frame", "sim://nowhere/cam-left"], catch_exceptions=False)


def test_scenes_are_written_with_their_labels(tmp_path: Path) -> None:
    """One picture and one file of labels per seed."""
    done = CliRunner().invoke(app, ["scenes", "--count", "1", "--seed", "5", str(tmp_path), "--workers", "1"])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["5.jpg", "5.npz"]
