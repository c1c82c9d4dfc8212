"""What the demo says of the places it is told to write to."""

import os
from pathlib import Path

import pytest

from deploy.demo.score import check_writable, write_json
from deploy.runtime.one_box import held
from shelfstream.errors import Faults


def test_a_folder_has_one_demo(tmp_path: Path) -> None:
    """A second demo is refused with a sentence and changes nothing; when the first is over the folder is free."""
    folder = tmp_path / "data"
    with held(folder, "--data"):
        before = sorted((path.name, path.stat().st_mtime_ns) for path in folder.iterdir())
        with pytest.raises(Faults, match="another process runs on"), held(folder, "--data"):
            pass
        assert sorted((path.name, path.stat().st_mtime_ns) for path in folder.iterdir()) == before
    with held(folder, "--data"):
        pass


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """Where a file is in the way, the fault names the option and the place."""
    (tmp_path / "file").touch()
    with pytest.raises(Faults, match=f"--data: {tmp_path}/file/data"), held(tmp_path / "file" / "data", "--data"):
        pass


def test_a_report_without_a_folder_is_told_at_once(tmp_path: Path) -> None:
    """A missing folder is a fault before the run, and the check itself leaves no file."""
    with pytest.raises(Faults, match="there is no folder"):
        check_writable(tmp_path / "missing" / "out.json")
    check_writable(tmp_path / "out.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_closed_folder_is_told_at_once(tmp_path: Path) -> None:
    """A folder without leave to write is a fault before the run."""
    tmp_path.chmod(0o500)
    with pytest.raises(Faults, match="may not be written"):
        check_writable(tmp_path / "out.json")


def test_a_report_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A folder that went away during the run is a fault, not a trace."""
    with pytest.raises(Faults, match="cannot be written"):
        write_json(tmp_path / "gone" / "out.json", {})
