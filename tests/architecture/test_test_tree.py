"""The tests' own order."""

import ast
import tomllib
from collections import Counter
from pathlib import Path

from source_tree import ROOT, tracked, tree_of


def test_no_two_test_files_share_a_name() -> None:
    """Tests are no packages, so two files of one name would hide one another."""
    names = Counter(Path(name).name for name in tracked("tests/*.py") if Path(name).name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_every_folder_with_helpers_is_on_both_paths() -> None:
    """Pytest and mypy both find the helpers that tests share."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    folders = {
        str(Path(name).parent)
        for name in tracked("tests/*.py")
        if not Path(name).name.startswith("test_") and Path(name).name != "conftest.py"
    }
    assert folders == set(told["pytest"]["ini_options"]["pythonpath"]) - {"."}
    assert folders == set(told["mypy"]["mypy_path"]) - {"."}


def test_every_test_says_what_it_proves() -> None:
    """Each test's docstring says in a sentence what it proves."""
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name in tracked("tests/**/test_*.py")
        for node in ast.walk(tree_of(ROOT / name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and ast.get_docstring(node) is None
    ]
    assert silent == []
