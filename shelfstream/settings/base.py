"""Settings of one section: small frozen objects, what was given for them and where, read as far as it is sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import ErrorDetails

from shelfstream.errors import Fault


class Settings(BaseModel):
    """Base of every settings object. Units stand in the names; secrets are ``SecretStr``; unknown names are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def read_section(model: type[Settings], values: Mapping[str, object]) -> tuple[Settings, Sequence[ErrorDetails]]:
    """The section, and what is wrong in it: then every field that is wrong stands at its default."""
    try:
        return model.model_validate(values), ()
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
        return _as_far_as_sound(model, values, {error["loc"][0] for error in errors if error["loc"]}), errors


def _as_far_as_sound(model: type[Settings], values: Mapping[str, object], wrong: set[int | str]) -> Settings:
    # Fields are parsed by their types alone here: rules between fields have said what they had to say.
    sound: dict[str, Any] = {
        name: (info.annotation, info)
        for name, info in model.model_fields.items()
        if name in values and name not in wrong
    }
    read = create_model(model.__name__, __base__=Settings, **sound).model_validate(
        {name: values[name] for name in sound}
    )
    return model.model_construct(**{name: getattr(read, name) for name in sound})


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
