"""Settings as people may see them: where each value comes from, and no secret."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, SecretStr

from shelfstream.secrets import MASK, without_secrets
from shelfstream.settings.base import Path, dotted
from shelfstream.settings.load import Loaded

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting: its dotted name, its value as JSON, where it was given, and what it is for."""

    name: str
    value: str
    where: str
    description: str


def shown_settings(loaded: Loaded, section: str) -> Iterator[ShownSetting]:
    """One section's effective settings. References are shown as they were given, secrets masked."""
    yield from _below(loaded.sections[section], (section,), loaded)


def _below(settings: BaseModel, above: Path, loaded: Loaded) -> Iterator[ShownSetting]:
    for name, info in type(settings).model_fields.items():
        path = (*above, name)
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from _below(value, path, loaded)
            continue
        where = next((loaded.where[path[:n]] for n in range(len(path), 1, -1) if path[:n] in loaded.where), DEFAULT)
        text = json.dumps(_plain(value, path, loaded), ensure_ascii=False)
        yield ShownSetting(dotted(path), text, where, (info.description or "").strip())


def _plain(value: object, path: Path, loaded: Loaded) -> object:
    """A value as JSON can hold it, without secrets."""
    match value:
        case SecretStr():
            return MASK if value.get_secret_value() else ""
        case dict():
            return {str(key): _plain(each, (*path, key), loaded) for key, each in value.items()}
        case tuple() | list():
            return [_plain(each, (*path, index), loaded) for index, each in enumerate(value)]
        case set() | frozenset():
            return sorted(without_secrets(str(each)) for each in value)
        case BaseModel():
            return {name: _plain(each, (*path, name), loaded) for name, each in value}
    return _single(value, loaded.references.get(path))


def _single(value: object, reference: str | None) -> object:
    if reference is not None:
        return without_secrets(reference)
    return value if isinstance(value, int | float | None) else without_secrets(str(value))
