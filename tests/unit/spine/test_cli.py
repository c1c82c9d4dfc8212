"""The command line as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import COMMANDS, command_line, main
from deploy.runtime.stages import STAGES, not_installed
from shelfstream.errors import Faults

_RUNNER = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "200"})


def test_lists_all_commands_without_importing_them() -> None:
    """Help names every command of this release with a sentence, and needs none of their libraries."""
    done = _RUNNER.invoke(command_line(), ["--help"])
    assert done.exit_code == 0
    for name, command in COMMANDS.items():
        assert f" {name} " in done.output
        assert command.help in done.output


def test_only_the_command_that_is_run_is_imported() -> None:
    """``topics --help`` loads neither the other commands nor the heavy libraries behind them."""
    program = (
        "import sys; sys.argv = ['shelfstream', 'topics', '--help']\n"
        "from deploy.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(sorted(set(sys.modules) & {'torch', 'cv2', 'nicegui', 'deploy.commands.demo'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    """``shelfstream <command> --help`` works for each command of the table."""
    done = _RUNNER.invoke(command_line(), [name, "--help"])
    assert done.exit_code == 0, done.output
    assert "Usage" in done.output


def test_config_shows_everything(tmp_path_factory: pytest.TempPathFactory) -> None:
    """``config`` shows a value with its origin and, when asked, what it is for; ``--config`` may stand before it."""
    path = tmp_path_factory.mktemp("config") / "shop.yaml"
    path.write_text("process:\n  log_level: debug\nredis:\n  url: redis://:hunter2@redis\n")
    done = _RUNNER.invoke(command_line(), ["--config", str(path), "config", "--describe"])
    assert done.exit_code == 0, done.output
    assert f'process.log_level: "debug"  # {path}:2' in done.output
    assert "debug, info, warning or error" in done.output
    assert "hunter2" not in done.output
    for stage in STAGES:
        assert f"\n{stage}." in done.output


def test_config_of_one_stage() -> None:
    """``--stage`` leaves out the other stages."""
    done = _RUNNER.invoke(command_line(), ["config", "--stage", "alerts"])
    assert "\nalerts." in done.output
    assert "\ningest." not in done.output


def test_config_tells_all_faults_at_once() -> None:
    """URLs that can lead nowhere and a channel that nothing knows are told together, and not what was given."""
    given = {
        "REDIS__URL": "foo",
        "SQL__URL": "nonsense",
        "PICTURES__URL": "zzz://hunter2",
        "ALERTS__DELIVERY__CHANNELS": '["nosuch://hunter2"]',
    }
    done = _RUNNER.invoke(
        command_line(), ["config"], env={f"SHELFSTREAM_{name}": value for name, value in given.items()}
    )
    assert isinstance(done.exception, Faults)
    told = str(done.exception)
    assert "hunter2" not in told
    for name in given:
        assert f"SHELFSTREAM_{name}" in told


def test_config_shows_no_secret_of_a_picture_store() -> None:
    """A bucket's key and query stay hidden where the rest of its URL is shown."""
    url = "s3://key:sec/ret@bucket/x?secret=hunter2"
    done = _RUNNER.invoke(command_line(), ["config"], env={"SHELFSTREAM_PICTURES__URL": url})
    assert done.exit_code == 0, done.output
    assert 'pictures.url: "s3://key:********@bucket/x?secret=********"' in done.output
    assert "hunter2" not in done.output


def test_an_unknown_stage_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A stage that does not exist ends with 2 and the names of those that do."""
    monkeypatch.setattr("sys.argv", ["shelfstream", "run", "ingst"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "ingest, detector" in capsys.readouterr().err


def test_a_missing_library_names_the_extra() -> None:
    """What is not installed is told with the command that installs it; a missing module of ours stays a bug."""
    told = not_installed("console", "console", ModuleNotFoundError(name="nicegui.ui"))
    assert isinstance(told, Faults)
    assert "pip install 'shelfstream[console]'" in str(told)
    bug = ModuleNotFoundError(name="console.pages")
    assert not_installed("console", "console", bug) is bug


def test_a_folder_named_like_a_command_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``catalogue check demo`` looks at the folder; only the first word is a command, wherever options stand."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    arguments = ["catalogue", "check", "demo"]
    with pytest.raises(Faults, match=r"store\.yaml"):
        _RUNNER.invoke(command_line(), arguments, catch_exceptions=False)
    (tmp_path / "run").write_text("process:\n  log_level: debug\n")
    done = _RUNNER.invoke(command_line(), ["--config", "run", "config"])
    assert 'process.log_level: "debug"  # run:2' in done.output


def test_without_redis_run_says_so_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And how to get one; nothing is connected to, and no data folder is made."""
    monkeypatch.setenv("SHELFSTREAM_PROCESS__DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setattr("sys.argv", ["shelfstream", "run", "all"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "redis.url" in told
    assert "apt install redis-server" in told
    assert not (tmp_path / "data").exists()
