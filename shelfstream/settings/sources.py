"""Where settings come from: environment variables and a YAML file.

Variables are named ``SHELFSTREAM_<SECTION>__<FIELD>``; a value in a file keeps its line.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from shelfstream.errors import Fault
from shelfstream.settings.base import Given, Settings
from shelfstream.text_files import read_yaml

PREFIX = "SHELFSTREAM_"
_NEAR = 0.9
_DEPTH_MAX = 20
_SERVICE_LINK = "tcp://"  # what Kubernetes sets for a service of that name: none of ours


def read_environment(environ: Mapping[str, str], sections: Mapping[str, type[Settings]]) -> Given:
    """What the environment says about these sections. An empty variable counts as not set."""
    given = Given()
    for name, text in sorted(environ.items()):
        if not name.startswith(PREFIX) or not text:
            continue
        path = tuple(part.lower() for part in name.removeprefix(PREFIX).split("__"))
        if len(path) == 1:
            given.faults.extend(_misspelt(name, text, sections))
            continue
        try:
            given.put(_checked(path), _value(text, _annotation(path, sections)), name)
        except ValueError as exc:
            given.faults.append(Fault(name, str(exc)))
    return given


def read_overrides(given_texts: Sequence[str], sections: Mapping[str, type[Settings]]) -> Given:
    """What ``section.field=value`` on a command line says; where it was said is the text up to ``=``."""
    given = Given()
    for text in given_texts:
        name, equals, value = text.partition("=")
        path = tuple(name.strip().lower().split("."))
        if not equals or len(path) == 1 or not all(path):
            given.faults.append(Fault(text, "is no setting; write section.field=value"))
            continue
        try:
            given.put(_checked(path), _value(value, _annotation(path, sections)), f"--set {name.strip()}")
        except ValueError as exc:
            given.faults.append(Fault(f"--set {name.strip()}", str(exc)))
    return given


def variable_of(path: tuple[str, ...]) -> str:
    """The variable that sets a path."""
    return PREFIX + "__".join(path).upper()


def _misspelt(name: str, text: str, sections: Mapping[str, type[Settings]]) -> Iterator[Fault]:
    """A name with single underscores that was clearly meant to set something; others may be anybody's."""
    if text.startswith(_SERVICE_LINK):
        return
    known = {variable_of(path).replace("__", "_"): variable_of(path) for path in _paths(sections)}
    near = get_close_matches(name, known, n=1, cutoff=_NEAR)
    if near:
        yield Fault(name, f"sets nothing; did you mean {known[near[0]]}?")


def _paths(sections: Mapping[str, type[BaseModel]], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, model in sections.items():
        for field, info in model.model_fields.items():
            path = (*above, name, field)
            below = _model(info.annotation)
            if below is None:
                yield path
            else:
                yield from _paths({field: below}, (*above, name))


def _annotation(path: tuple[str, ...], sections: Mapping[str, type[Settings]]) -> object:
    """The type of the field at a path; ``None`` where there is no such field (which is told later)."""
    found: object = sections.get(path[0])
    for name in path[1:]:
        model = _model(found)
        if model is None:
            return None
        info = model.model_fields.get(name)
        found = info.annotation if info is not None else None
    return found


def _value(text: str, annotation: object) -> object:
    """The text, or what it holds where the field is no single value. Raises ``ValueError``."""
    if not any(_is_container(each) for each in _options(annotation)):
        return text
    try:
        value: object = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as exc:
        raise ValueError('must be JSON, such as ["one","two"] or {"name":"value"}') from exc
    if _deeper(value, _DEPTH_MAX):
        raise ValueError("is nested too deep")
    return value


def _checked(path: tuple[str, ...]) -> tuple[str, ...]:
    if len(path) > _DEPTH_MAX:
        raise ValueError("is nested too deep: no setting has so long a name")
    return path


def _deeper(value: object, levels: int) -> bool:
    """Whether lists and mappings are nested in more than so many levels."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and (levels == 0 or any(_deeper(each, levels - 1) for each in inner))


def _options(annotation: object) -> Iterator[object]:
    """The types that an annotation allows."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for option in get_args(annotation):
            yield from _options(option)
    else:
        yield annotation


def _is_container(annotation: object) -> bool:
    kind = get_origin(annotation) or annotation
    if not isinstance(kind, type) or issubclass(kind, str | bytes | SecretStr):
        return False
    return issubclass(kind, list | tuple | set | frozenset | dict | Mapping | BaseModel)


def _model(annotation: object) -> type[BaseModel] | None:
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def read_settings_file(path: Path) -> Given:
    """What the file says: one mapping per section. Scalars stay texts; the settings' types parse them."""
    document = read_yaml(path)
    faults = [Fault(f"{path}:{fault.line}" if fault.line else str(path), fault.what) for fault in document.faults]
    if not isinstance(document.value, dict):
        empty = document.value is None and not faults
        needed = [Fault(f"{path}:1", "must hold fields, such as 'process:' and lines below it")]
        return Given() if empty else Given(faults=faults or needed)
    given = Given(faults=faults)
    given.values.update({str(name): value for name, value in document.value.items()})
    given.where.update({spot: f"{path}:{line}" for spot, line in document.lines.items() if spot})
    given.faults.extend(_no_sections(given))
    return given


def _no_sections(given: Given) -> Iterator[Fault]:
    for name, value in list(given.values.items()):
        if not isinstance(value, dict):
            del given.values[name]
            yield Fault(
                given.where_of((name,)), f"{name} must hold fields: write 'name: value' lines indented below it"
            )
