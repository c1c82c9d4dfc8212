"""What was given for settings: nested texts, and where each of them was given."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shelfstream.errors import Fault

Path = tuple[str | int, ...]


@dataclass
class Given:
    """Values as given (texts, lists and mappings) with the origin of each path, and the faults met in reading.

    ``where`` names an origin as a person finds it again: ``SHELFSTREAM_SQL__URL`` or ``shop.yaml:12``.
    """

    values: dict[str, object] = field(default_factory=dict)
    where: dict[Path, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def put(self, path: tuple[str, ...], value: object, where: str) -> None:
        """Set one value, over what stood there."""
        into = self.values
        for name in path[:-1]:
            below = into.get(name)
            if not isinstance(below, dict):
                below = into[name] = {}
            into = below
        into[path[-1]] = value
        self.where = {known: told for known, told in self.where.items() if known[: len(path)] != path}
        self.where[path] = where

    def overlay(self, other: "Given") -> None:
        """Take over everything that ``other`` was given; it wins."""
        for leaf, value in _leaves(other.values):
            self.put(leaf, value, other.where_of(leaf))
        for path, where in other.where.items():
            self.where.setdefault(path, where)
        self.faults.extend(other.faults)

    def where_of(self, path: Path) -> str:
        """Origin of a path or of the nearest thing around it; empty where nothing was given."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.where:
                return self.where[path[:length]]
        return ""


def dotted(path: Path) -> str:
    """A path as it is written in texts: ``alerts.delivery.channels``."""
    return ".".join(str(part) for part in path)


def _leaves(values: Mapping[str, object], above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    """Everything that is no mapping, and mappings without anything in them."""
    found: list[tuple[tuple[str, ...], object]] = []
    for name, value in values.items():
        path = (*above, str(name))
        if isinstance(value, dict) and value:
            found.extend(_leaves(value, path))
        else:
            found.append((path, value))
    return found
