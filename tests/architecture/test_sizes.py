"""The code stays readable: sizes of files and functions."""

import ast
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_tree import PACKAGES, ROOT, source_files, tracked, tree_of

_FILE_LINES_MAX = 300
_FILE_LINES_MIN = 40
_SIBLINGS_MAX = 20
_FILE_LINES_MEDIAN = 120
_FUNCTION_LINES_MAX = 50
_FUNCTION_LINES_USUAL = 25
_USUAL_SHARE = 0.9


def _functions() -> Iterator[tuple[str, int]]:
    """Every function with its lines, its docstring not counted."""
    for path in source_files():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                said = node.body[0] if ast.get_docstring(node) is not None else None
                docstring = (said.end_lineno or said.lineno) - said.lineno + 1 if said is not None else 0
                lines = (node.end_lineno or node.lineno) - node.lineno + 1 - docstring
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines


def test_files_fit_on_a_few_screens() -> None:
    """No file, of the product or its tests, is longer than three screens, and most are far shorter."""
    lines = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in tracked("*.py")}
    assert {name: count for name, count in lines.items() if count > _FILE_LINES_MAX} == {}
    ours = [len(path.read_text(encoding="utf-8").splitlines()) for path in source_files() if path.name != "__init__.py"]
    assert statistics.median(ours) <= _FILE_LINES_MEDIAN


def test_files_are_chapters() -> None:
    """No file of the product is shorter than a screen, but those whose form is given: what is read together is one."""
    short = {
        str(path.relative_to(ROOT)): lines
        for path in source_files()
        if path.name not in {"__init__.py", "__main__.py", "settings.py"} and "migrations" not in path.parts
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) < _FILE_LINES_MIN
    }
    assert short == {}


def test_folders_can_be_taken_in_at_a_glance() -> None:
    """No folder holds more than twenty modules and folders of modules."""
    siblings = Counter(path.parent for path in source_files() if path.name != "__init__.py")
    siblings.update(path.parent.parent for path in source_files() if path.name == "__init__.py")
    crowded = {str(folder.relative_to(ROOT)): count for folder, count in siblings.items() if count > _SIBLINGS_MAX}
    assert crowded == {}


def test_a_class_name_means_one_thing() -> None:
    """No two public classes of the product share a name; what is private to a module may be called as it likes."""
    named: dict[str, list[str]] = {}
    for path in source_files():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in named.items() if len(places) > 1} == {}


def test_functions_fit_on_half_a_screen() -> None:
    """No function is longer than a screen, and nine in ten fit on half of one."""
    lengths = dict(_functions())
    assert {name: lines for name, lines in lengths.items() if lines > _FUNCTION_LINES_MAX} == {}
    usual = sum(lines <= _FUNCTION_LINES_USUAL for lines in lengths.values())
    assert usual / len(lengths) >= _USUAL_SHARE


def test_top_level_folders_are_the_agreed_ones() -> None:
    """Python code stands in the agreed folders and nowhere else."""
    tops = {Path(name).parts[0] for name in tracked("*.py")}
    agreed = {*PACKAGES, "tests", "benchmarks"}
    assert tops <= agreed
