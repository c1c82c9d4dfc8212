"""The tests' own order."""

import ast

from tests.architecture.source_tree import ROOT, tracked, tree_of


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
