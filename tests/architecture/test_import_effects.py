"""Importing a module does nothing but define things."""

import ast
import subprocess
import sys

import pytest

from tests.architecture.source_tree import ROOT, module_of, run_at_import, source_files, tree_of

_GUARDED = """
import importlib, sys
modules = sys.argv[1:]
events = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "sqlite3.connect", "os.fork")
weights = (".onnx", ".safetensors", ".pt", ".pth")
found = []
importing = "nothing"
def hook(event, arguments):
    if event in events or (event == "open" and str(arguments[0]).endswith(weights)):
        found.append(f"{importing}: {event} {arguments[:2]}")
# What libraries do when they are first loaded is theirs: load them before the guard is up.
import cv2, sqlalchemy.dialects.sqlite, kafka, torch, torchvision, onnxruntime, nicegui, apprise, scipy.optimize
import matplotlib.figure  # which looks for fonts once
sys.addaudithook(hook)
for importing in modules:
    importlib.import_module(importing)
print("\\n".join(found))
"""


def test_nothing_reads_the_environment_at_import() -> None:
    """No module looks at environment variables while it is imported."""
    found = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        for path in source_files()
        for node in run_at_import(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb")
    ]
    assert found == []


def test_packages_are_nearly_empty() -> None:
    """``__init__.py`` files hold a docstring and nothing that costs whoever imports a neighbour."""
    found = [
        str(path.relative_to(ROOT))
        for path in source_files()
        if path.name == "__init__.py" and len(tree_of(path).body) > 1
    ]
    assert found == []


@pytest.mark.slow
def test_nothing_connects_or_loads_a_model_at_import() -> None:
    """Importing every module of the product opens no connection, starts no process and reads no weights."""
    modules = [module_of(path) for path in source_files() if "migrations" not in path.parts]
    command = [sys.executable, "-c", _GUARDED, *modules]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
