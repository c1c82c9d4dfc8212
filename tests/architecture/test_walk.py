"""ARCHITECTURE.md describes the code that is there."""

import re

import grimp
import pytest

from tests.architecture.source_tree import PACKAGES, ROOT, module_of

_TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
_WALK = _TEXT.partition("## The walk of a frame")[2].partition("## Words")[0]
_FILE = re.compile(r"`([a-z_]+(?:/[a-z_0-9]+)*\.py)`")


def _chains() -> list[list[str]]:
    """The walk's files as modules, a list for each run of arrows."""
    chains: list[list[str]] = []
    for step in re.split(r"\n(?=\d+\. )|\n\n|;|\(rows\),|, which", _WALK):
        files = _FILE.findall(step)
        if len(files) > 1 and "→" in step:
            chains.append([module_of(ROOT / name) for name in files])
    return chains


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """All imports between our modules."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def test_the_walk_names_files_that_are_there() -> None:
    """Every file that ARCHITECTURE.md and CONTRIBUTING.md name is in the repository."""
    told = _TEXT + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = {name for name in _FILE.findall(told) if "/" in name}
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_each_step_of_the_walk_leads_to_the_next(graph: grimp.ImportGraph) -> None:
    """A file of the walk is imported by one that stands before it in its step: it is the way that a frame takes."""
    chains = _chains()
    assert len(chains) >= 9
    lost = [
        f"{module} after {', '.join(chain[:place])}"
        for chain in chains
        for place, module in enumerate(chain)
        if place and not any(module in graph.find_modules_directly_imported_by(before) for before in chain[:place])
    ]
    assert lost == []


def test_the_words_are_explained_once() -> None:
    """The glossary has a dozen words, and none of them twice."""
    rows = re.findall(
        r"^\| ([a-z][^|]*?) \|", _TEXT.partition("## Words")[2].partition("## Contracts")[0], re.MULTILINE
    )
    words = [word for row in rows[1:] for word in row.split(", ")]
    assert len(words) >= 12
    assert len(words) == len(set(words))
