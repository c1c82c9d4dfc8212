"""Reads a YAML file into texts, lists and mappings, with the line of everything.

All scalars stay texts: YAML 1.1 would make a number of 08:30 and a truth value of "no". The models parse them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from shelfstream.catalogue.finding import FieldPath
from shelfstream.catalogue.folder.entry import Entry, FolderFinding
from shelfstream.catalogue.folder.files import read_text

_NOTHING = frozenset({"", "~", "null"})
_DEPTH_MAX = 20


@dataclass
class _Tree:
    """What is being built from a document's nodes."""

    file: str
    lines: dict[FieldPath, int] = field(default_factory=dict)
    findings: list[FolderFinding] = field(default_factory=list)

    def value(self, node: yaml.Node, path: FieldPath) -> object:
        """The node's value; notes its line."""
        self.lines[path] = node.start_mark.line + 1
        if len(path) > _DEPTH_MAX:
            self.findings.append(FolderFinding(self.file, self.lines[path], "is nested too deep"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return None if plain and node.value in _NOTHING else node.value

    def _mapping(self, node: yaml.MappingNode, path: FieldPath) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key, str):
                self.findings.append(FolderFinding(self.file, line, "a field's name must be a plain text"))
                continue
            if key in found:
                self.findings.append(FolderFinding(self.file, line, f"{key} is given twice"))
            found[key] = self.value(value_node, (*path, key))
            self.lines[(*path, key)] = line
        return {key: value for key, value in found.items() if value is not None}


def read_mapping(path: Path, shown: str) -> tuple[list[Entry], list[FolderFinding]]:
    """The one entry of a file that holds a mapping, and what is wrong; the entry comes also with what is odd in it."""
    tree, value = _read(path, shown)
    if isinstance(value, dict):
        return [Entry(shown, value, tree.lines)], tree.findings
    return [], tree.findings or [FolderFinding(shown, 1, "must hold fields, such as 'name: Main Street'")]


def read_list(path: Path, shown: str) -> tuple[list[Entry], list[FolderFinding]]:
    """The entries of a file that holds a list of mappings, and what is wrong; an empty file holds none."""
    tree, value = _read(path, shown)
    findings = tree.findings
    if value is None:
        return [], findings
    if not isinstance(value, list):
        return [], [*findings, FolderFinding(shown, 1, "must be a list: begin each entry with '- id: …'")]
    entries = []
    for index, item in enumerate(value):
        if isinstance(item, dict):
            entries.append(Entry(shown, item, _below(tree.lines, index)))
        else:
            findings.append(FolderFinding(shown, tree.lines[(index,)], "an entry must hold fields, such as 'id: …'"))
    return entries, findings


def _below(lines: dict[FieldPath, int], index: int) -> dict[FieldPath, int]:
    return {path[1:]: line for path, line in lines.items() if path[:1] == (index,)}


def _read(path: Path, shown: str) -> tuple[_Tree, object]:
    tree = _Tree(shown)
    text = read_text(path, shown)
    if isinstance(text, FolderFinding):
        tree.findings.append(text)
        return tree, None
    try:
        tree.findings.extend(_aliases(text, shown))
        node = None if tree.findings else yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as exc:
        tree.findings.append(_syntax(exc, shown))
        return tree, None
    except RecursionError:
        tree.findings.append(FolderFinding(shown, 0, "is nested too deep"))
        return tree, None
    return tree, None if node is None else tree.value(node, ())


def _aliases(text: str, shown: str) -> Iterator[FolderFinding]:
    """Aliases are refused: nobody needs them here, and a few lines of them unfold to gigabytes."""
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark is not None else 0
            yield FolderFinding(shown, line, "uses a YAML alias (*name); write it out instead")


def _syntax(exc: yaml.YAMLError, shown: str) -> FolderFinding:
    mark = getattr(exc, "problem_mark", None)
    problem = getattr(exc, "problem", None) or getattr(exc, "reason", None) or "cannot be read"
    return FolderFinding(shown, mark.line + 1 if mark is not None else 0, f"is no YAML: {problem}")
