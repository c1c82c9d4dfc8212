"""Reads all settings at once, from a file and the environment, and tells every fault at once."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import TypeVar

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from shelfstream.errors import Fault, Faults
from shelfstream.secrets import KnownSecrets, has_references, resolve, secrets_in
from shelfstream.settings.base import Given, Path, Settings, dotted, read_section
from shelfstream.settings.sources import read_environment, read_overrides, read_settings_file

Wrong = tuple[Path, str]
"""A setting, and a sentence about what is wrong with it."""

AnySettings = TypeVar("AnySettings", bound=Settings)
_CUSTOM = "Value error, "


@dataclass(frozen=True)
class Loaded:
    """Settings by section, with the origin of what was given and, where it held references, the text as given.

    ``secrets`` knows every secret setting and every value that a reference led to.
    """

    sections: Mapping[str, Settings]
    where: Mapping[Path, str]
    references: Mapping[Path, str]
    secrets: KnownSecrets = field(default_factory=KnownSecrets)

    def section(self, name: str, kind: type[AnySettings]) -> AnySettings:
        """One section's settings."""
        found = self.sections[name]
        if not isinstance(found, kind):
            raise TypeError(f"section {name} is a {type(found).__name__}, not a {kind.__name__}")
        return found

    def gave(self, name: str) -> bool:
        """Whether anything was given for a section."""
        return any(path[0] == name for path in self.where)


def no_more(loaded: Loaded) -> Iterable[Wrong]:  # noqa: ARG001 - what a section's own types say is all
    """Nothing beyond what the sections themselves say."""
    return ()


def load_settings(
    sections: Mapping[str, type[Settings]],
    file: FilePath | None,
    environ: Mapping[str, str],
    *,
    overrides: Sequence[str] = (),
    unread: Collection[str] = (),
    also: Callable[[Loaded], Iterable[Wrong]] = no_more,
) -> Loaded:
    """Defaults, then the file, then the environment, then ``overrides`` (``section.field=value``).

    ``unread`` names sections of what is not installed here.

    ``also`` says what is wrong beyond the single section. It looks at the settings as far as they are sound: a field
    that is wrong stands at its default there, and nothing more is said of it.
    Raises ``Faults`` with everything that is wrong: values, unknown names, references that lead nowhere.
    """
    given = read_settings_file(file) if file is not None else Given()
    given.overlay(read_environment(environ, sections))
    given.overlay(read_overrides(overrides, sections))
    filling = _Filling(environ, given)
    values = {name: filling.filled(value, (name,)) for name, value in given.values.items() if name not in unread}
    given.faults.extend(_unknown_sections(values, sections, given))
    read, wrong = _read_sections(sections, values, given, filling.missing)
    loaded = Loaded(read, given.where, filling.references)
    loaded.secrets.add(*filling.values, *(secret for section in read.values() for secret in secrets_in(section)))
    already = {path[:2] for path in wrong}
    given.faults.extend(Fault(_where(path, given), what) for path, what in also(loaded) if path[:2] not in already)
    if given.faults:
        raise Faults("settings", sorted(set(given.faults)))
    return loaded


def _read_sections(
    sections: Mapping[str, type[Settings]], values: Mapping[str, object], given: Given, missing: Collection[Path]
) -> tuple[dict[str, Settings], set[Path]]:
    """The sections, and everything in them that is wrong; where a reference leads nowhere, that was told already."""
    read: dict[str, Settings] = {}
    wrong = set(missing)
    for name, model in sections.items():
        read[name], errors = read_section(model, _fields(values.get(name)))
        untold = [error for error in errors if (name, *error["loc"]) not in missing]
        given.faults.extend(_faults_of(name, model, untold, given))
        wrong.update((name, *error["loc"]) for error in errors)
    return read, wrong


@dataclass
class _Filling:
    """Fills in references; keeps the texts that held some, and where some led nowhere."""

    environ: Mapping[str, str]
    given: Given
    references: dict[Path, str] = field(default_factory=dict)
    missing: set[Path] = field(default_factory=set)
    values: list[str] = field(default_factory=list)

    def filled(self, value: object, path: Path) -> object:
        """A value with the references in all its texts filled in."""
        if isinstance(value, dict):
            return {key: self.filled(each, (*path, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each, (*path, index)) for index, each in enumerate(value)]
        if not isinstance(value, str) or not has_references(value):
            return value
        self.references[path] = value
        resolved = resolve(value, self.environ)
        self.values += resolved.values
        if resolved.missing:
            self.missing.add(path)
        self.given.faults.extend(Fault(_where(path, self.given), sentence) for sentence in resolved.missing)
        return resolved.text


def _fields(section: object) -> Mapping[str, object]:
    return section if isinstance(section, dict) else {}


def _unknown_sections(
    values: Mapping[str, object], sections: Mapping[str, type[Settings]], given: Given
) -> Iterator[Fault]:
    for name in values:
        if name not in sections:
            yield Fault(_where((name,), given), f"there is no section {name}{_instead(name, sections)}")


def _faults_of(name: str, model: type[BaseModel], errors: Iterable[ErrorDetails], given: Given) -> Iterator[Fault]:
    for error in errors:
        path: Path = (name, *error["loc"])
        if error["type"] == "extra_forbidden":
            siblings = _names_beside(model, error)
            yield Fault(_where(path, given), f"there is no setting of this name{_instead(str(path[-1]), siblings)}")
        else:
            yield Fault(_where(path, given), error["msg"].removeprefix(_CUSTOM))


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


def _where(path: Path, given: Given) -> str:
    """Where a fault stands, as the person finds it: a variable or option, or the file's line and the name."""
    where = given.where_of(path)
    if where.startswith(("SHELFSTREAM_", "--set ")) and given.where.get(path) == where:
        return where
    return f"{where} {dotted(path)}".strip()
