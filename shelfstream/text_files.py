"""Text files that people write: read whole, and YAML as texts, lists and mappings with the line of everything.

All scalars of YAML stay texts: YAML 1.1 would make a number of 08:30 and a truth value of "no". The models parse them.
PyYAML's nodes keep their lines; what a document says is built from those.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ValuePath = tuple[str | int, ...]
"""From the document's root to a value: names of fields and places in lists."""

_FILE_BYTES_MAX = 32 * 1024 * 1024
_NOTHING = frozenset({"", "~", "null"})
_DEPTH_MAX = 20


@dataclass(frozen=True, slots=True)
class TextFault:
    """One thing that is wrong in a file; ``line`` counts from 1 (0: the whole file)."""

    line: int
    what: str


@dataclass
class YamlDocument:
    """What a YAML file says, and where: the line of every value, and what is wrong."""

    value: object = None
    lines: dict[ValuePath, int] = field(default_factory=dict)
    faults: list[TextFault] = field(default_factory=list)

    def take(self, node: yaml.Node, path: ValuePath) -> object:
        """The node's value; notes its line."""
        self.lines[path] = node.start_mark.line + 1
        if len(path) > _DEPTH_MAX:
            self.faults.append(TextFault(self.lines[path], "is nested too deep"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.take(item, (*path, index)) for index, item in enumerate(node.value)]
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return None if plain and node.value in _NOTHING else node.value

    def _mapping(self, node: yaml.MappingNode, path: ValuePath) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if not isinstance(key, str):
                self.faults.append(TextFault(line, "a field's name must be a plain text"))
                continue
            if key in found:
                self.faults.append(TextFault(line, f"{key} is given twice"))
            found[key] = self.take(value_node, (*path, key))
            self.lines[(*path, key)] = line
        return {key: value for key, value in found.items() if value is not None}


def read_text(path: Path) -> str | TextFault:
    """The file's text without a byte order mark, or why there is none."""
    try:
        if path.stat().st_size > _FILE_BYTES_MAX:
            return TextFault(0, f"is larger than {_FILE_BYTES_MAX // 1024 // 1024} MiB")
        raw = path.read_bytes()
    except OSError as exc:
        return TextFault(0, f"cannot be read: {exc.strerror}")
    try:
        # Two byte order marks stand there where one program wrote one and the next one kept it as text.
        return raw.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        return TextFault(line, "is not UTF-8 text; save the file as 'CSV UTF-8', or with the encoding UTF-8")


def read_yaml(path: Path) -> YamlDocument:
    """What a YAML file says; ``value`` is ``None`` for an empty one and for one that cannot be read."""
    document = YamlDocument()
    text = read_text(path)
    if isinstance(text, TextFault):
        document.faults.append(text)
        return document
    try:
        document.faults.extend(_aliases(text))
        node = None if document.faults else yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as exc:
        document.faults.append(_syntax(exc))
    except RecursionError:
        document.faults.append(TextFault(0, "is nested too deep"))
    else:
        document.value = None if node is None else document.take(node, ())
    return document


def _aliases(text: str) -> Iterator[TextFault]:
    """Aliases are refused: nobody needs them here, and a few lines of them unfold to gigabytes."""
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark is not None else 0
            yield TextFault(line, "uses a YAML alias (*name); write it out instead")


def _syntax(exc: yaml.YAMLError) -> TextFault:
    mark = getattr(exc, "problem_mark", None)
    problem = getattr(exc, "problem", None) or getattr(exc, "reason", None) or "cannot be read"
    return TextFault(mark.line + 1 if mark is not None else 0, f"is no YAML: {problem}")
