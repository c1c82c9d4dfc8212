"""One entry of a catalogue file: what a person wrote for one entity, and on which line each part stands."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shelfstream.catalogue.finding import FieldPath, Severity
from shelfstream.catalogue.values import Entity
from shelfstream.identifiers import gtin_check_digit

AnyEntity = TypeVar("AnyEntity", bound=Entity)

_NUMBER_ERRORS = frozenset({"float_parsing", "int_parsing", "decimal_parsing", "int_from_float", "float_type"})
_MANGLED = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")


@dataclass(frozen=True, slots=True, order=True)
class FolderFinding:
    """One thing that is wrong in a folder; ``file`` is relative to it, ``line`` counts from 1 (0: the whole file)."""

    file: str
    line: int
    what: str
    severity: Severity = Severity.FAULT
    hides: bool = False
    """Whether entries of the file could not be read because of it."""

    @property
    def where(self) -> str:
        """File and line as editors understand them."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Entry:
    """Fields as written (texts, lists and mappings of texts) with the line of each path."""

    file: str
    fields: Mapping[str, object]
    lines: Mapping[FieldPath, int] = field(default_factory=dict)

    def line_of(self, path: FieldPath) -> int:
        """The line of a path, or of the nearest thing around it that was written."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return line
        return 0

    def finding(self, path: FieldPath, what: str, severity: Severity = Severity.FAULT) -> FolderFinding:
        """A finding at a path of this entry."""
        return FolderFinding(self.file, self.line_of(path), what, severity)


def parse_entry(
    entry: Entry, model: type[AnyEntity], store: str | None
) -> tuple[AnyEntity | None, list[FolderFinding]]:
    """The entity that an entry describes and everything that is wrong with it. ``store`` is filled in if given.

    An entity comes also where a field that may be left out is wrong, so that the other rules still look at it.
    """
    fields = dict(entry.fields)
    findings = []
    if store is not None:
        if "store" in fields:
            findings.append(entry.finding(("store",), "leave out 'store': the folder says which store it is"))
        fields["store"] = store
    try:
        return model.model_validate(fields), findings
    except ValidationError as exc:
        findings += _findings_of(entry, model, exc)
        wrong = {error["loc"][0] for error in exc.errors() if error["loc"]}
    try:
        return model.model_validate({name: value for name, value in fields.items() if name not in wrong}), findings
    except ValidationError:
        return None, findings


def _findings_of(entry: Entry, model: type[Entity], exc: ValidationError) -> Iterator[FolderFinding]:
    for error in exc.errors(include_url=False):
        path: FieldPath = error["loc"]
        yield entry.finding(path, _sentence(error, model))


def _sentence(error: ErrorDetails, model: type[Entity]) -> str:
    path: FieldPath = error["loc"]
    name = path_text(path)
    kind = error["type"]
    if kind == "missing":
        return f"{name} is missing"
    if kind == "extra_forbidden":
        if len(path) > 1:
            return f"{name} is no field there is"
        return f"{name} is no field of a {model.__name__.lower()}{suggestion(name, model.model_fields)}"
    if kind in _NUMBER_ERRORS:
        return f"{name}: {error['input']!r} is no {_number_kind(kind)}{_comma_hint(error['input'])}"
    said = error["msg"].removeprefix("Value error, ")
    if name == "gtin" and _MANGLED.fullmatch(str(error["input"])):
        said += " (a spreadsheet has rounded it: give the column the format Text and enter it again)"
    elif name == "gtin" and re.fullmatch(r"\d{11}", str(error["input"])):
        said += _eleven_digits(str(error["input"]))
    return f"{name}: {said}" if name else said


def _eleven_digits(written: str) -> str:
    """Eleven digits are two things, and which one, only the person knows."""
    begun, ended = written.zfill(12), written + str(gtin_check_digit(written))
    whole = f"with the zero that spreadsheets take off it is {begun}" if _is_gtin(begun) else ""
    checked = f"with its check digit it is {ended}"
    either = "; ".join(each for each in (whole, checked) if each)
    return f" ({either}; give the column the format Text and write it whole)"


def _is_gtin(text: str) -> bool:
    return int(text[-1]) == gtin_check_digit(text[:-1])


def _number_kind(kind: str) -> str:
    return "whole number" if kind.startswith("int") else "number"


def _comma_hint(given: object) -> str:
    return "; write a decimal point and no thousands separator, such as 12.5" if "," in str(given) else ""


def path_text(path: FieldPath) -> str:
    """A path as a person would write it: ``routes[2].hours``."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def suggestion(name: str, known: Mapping[str, object]) -> str:
    """`` (did you mean x?)`` if a known name is close, else nothing."""
    close = get_close_matches(name, [each for each in known if each != "store"], n=1)
    return f" (did you mean {close[0]}?)" if close else ""
