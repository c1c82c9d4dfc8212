"""Reads all settings at once, from a file and the environment, and tells every fault at once."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shelfstream.errors import Fault, Faults
from shelfstream.secrets import has_references, resolve
from shelfstream.settings import Settings
from shelfstream.settings_environment import read_environment
from shelfstream.settings_file import read_settings_file
from shelfstream.settings_given import Given, Path, dotted

AnySettings = TypeVar("AnySettings", bound=Settings)
_CUSTOM = "Value error, "


@dataclass(frozen=True)
class Loaded:
    """Settings by section, with the origin of what was given and, where it held references, the text as given."""

    sections: Mapping[str, Settings]
    where: Mapping[Path, str]
    references: Mapping[Path, str]

    def section(self, name: str, kind: type[AnySettings]) -> AnySettings:
        """One section's settings."""
        found = self.sections[name]
        if not isinstance(found, kind):
            raise TypeError(f"section {name} is a {type(found).__name__}, not a {kind.__name__}")
        return found

    def gave(self, name: str) -> bool:
        """Whether anything was given for a section."""
        return any(path[0] == name for path in self.where)


def load_settings(
    sections: Mapping[str, type[Settings]],
    file: FilePath | None,
    environ: Mapping[str, str],
    *,
    unread: Collection[str] = (),
) -> Loaded:
    """Defaults, then the file, then the environment. ``unread`` names sections of what is not installed here.

    Raises ``Faults`` with everything that is wrong: values, unknown names, references that lead nowhere.
    """
    given = read_settings_file(file) if file is not None else Given()
    given.overlay(read_environment(environ, sections))
    references: dict[Path, str] = {}
    values = {
        name: _resolved(value, (name,), environ, given, references)
        for name, value in given.values.items()
        if name not in unread
    }
    faults = given.faults
    faults.extend(_unknown_sections(values, sections, given))
    read: dict[str, Settings] = {}
    for name, model in sections.items():
        try:
            read[name] = model.model_validate(values.get(name, {}))
        except ValidationError as exc:
            faults.extend(_faults_of(name, model, exc, given))
    if faults:
        raise Faults("settings", sorted(set(faults)))
    return Loaded(read, given.where, references)


def _resolved(
    value: object, path: Path, environ: Mapping[str, str], given: Given, references: dict[Path, str]
) -> object:
    """A value with the references in all its texts filled in."""
    if isinstance(value, dict):
        return {key: _resolved(each, (*path, key), environ, given, references) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, (*path, index), environ, given, references) for index, each in enumerate(value)]
    if not isinstance(value, str) or not has_references(value):
        return value
    references[path] = value
    resolved = resolve(value, environ)
    given.faults.extend(Fault(_told(path, given), sentence) for sentence in resolved.missing)
    return resolved.text


def _unknown_sections(
    values: Mapping[str, object], sections: Mapping[str, type[Settings]], given: Given
) -> Iterator[Fault]:
    for name in values:
        if name not in sections:
            yield Fault(_told((name,), given), f"there is no section {name}{_instead(name, sections)}")


def _faults_of(name: str, model: type[BaseModel], exc: ValidationError, given: Given) -> Iterator[Fault]:
    for error in exc.errors(include_url=False, include_input=False):
        path: Path = (name, *error["loc"])
        if error["type"] == "extra_forbidden":
            siblings = _names_beside(model, error)
            yield Fault(_told(path, given), f"there is no setting of this name{_instead(str(path[-1]), siblings)}")
        else:
            yield Fault(_told(path, given), error["msg"].removeprefix(_CUSTOM))


def _names_beside(model: type[BaseModel], error: ErrorDetails) -> Collection[str]:
    """The names that would have been right where an unknown one was found."""
    found: object = model
    for part in error["loc"][:-1]:
        if not (isinstance(found, type) and issubclass(found, BaseModel)) or str(part) not in found.model_fields:
            return ()
        found = found.model_fields[str(part)].annotation
    return found.model_fields if isinstance(found, type) and issubclass(found, BaseModel) else ()


def _instead(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(sorted(known))}" if known else ""


def _told(path: Path, given: Given) -> str:
    """Where a fault stands, as the person finds it: the variable, or the file's line and the setting's name."""
    where = given.where_of(path)
    if where.startswith("SHELFSTREAM_") and given.where.get(path) == where:
        return where
    return f"{where} {dotted(path)}".strip()
