"""Every metric is declared once, and tells an operator something."""

import ast
import re
from importlib import import_module
from types import ModuleType

from shelfstream.metrics import Counter, Gauge, Histogram
from tests.architecture.source_tree import ROOT, module_of, source_files, tree_of

_KINDS = (Counter, Gauge, Histogram)
_NAME = re.compile(r"shelfstream_[a-z0-9]+(_[a-z0-9]+)+")


def _declaring() -> list[ModuleType]:
    """Modules that import a kind of metric from the spine."""
    found = []
    for path in source_files():
        for node in ast.walk(tree_of(path)):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == "shelfstream.metrics"
                and any(alias.name in ("Counter", "Gauge", "Histogram") for alias in node.names)
            ):
                found.append(import_module(module_of(path)))
                break
    return found


def _declared() -> list[tuple[str, Counter | Gauge | Histogram]]:
    return [
        (module.__name__, value)
        for module in _declaring()
        for value in vars(module).values()
        if isinstance(value, _KINDS)
    ]


def test_names_are_unique_and_well_formed() -> None:
    """One name is declared at one place; counters end in ``_total``, and nothing else does."""
    declared = _declared()
    assert declared
    names = [metric.name for _, metric in declared]
    assert len(names) == len(set(names))
    for _, metric in declared:
        assert _NAME.fullmatch(metric.name), metric.name
        assert metric.name.endswith("_total") == isinstance(metric, Counter), metric.name


def test_each_says_what_it_means_and_what_to_do() -> None:
    """No metric without its meaning and the operator's action, each a text without a full stop of its own."""
    for module, metric in _declared():
        assert len(metric.meaning) > 5, f"{module} {metric.name}"
        assert len(metric.action) > 3, f"{module} {metric.name}"
        assert not metric.meaning.endswith("."), f"{module} {metric.name}"


def test_the_client_library_is_met_in_one_module() -> None:
    """Only the spine's metrics module imports the Prometheus client, so there is no way to a global registry."""
    importers = [
        str(path.relative_to(ROOT))
        for path in source_files()
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Import) and any(alias.name.startswith("prometheus_client") for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prometheus_client"))
    ]
    assert importers == ["shelfstream/metrics.py"]
