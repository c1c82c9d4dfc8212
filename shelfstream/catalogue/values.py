"""Texts that people read and the base of what a store is made of.

Texts are one line, printable, without blanks around it.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

_LABEL_LENGTH_MAX = 200
_URL_LENGTH_MAX = 2_000
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def _check_line(text: str, length_max: int) -> str:
    line = text.strip()
    if any(unicodedata.category(character) in _UNPRINTABLE for character in line):
        raise ValueError("must be one line of printable text")
    if len(line) > length_max:
        raise ValueError(f"must not be longer than {length_max} characters")
    return line


def _check_label(text: str) -> str:
    return _check_line(text, _LABEL_LENGTH_MAX)


def _check_name(text: str) -> str:
    return _check_filled(_check_label(text))


def _check_url(text: str) -> str:
    return _check_filled(_check_line(text, _URL_LENGTH_MAX))


def _check_filled(line: str) -> str:
    if not line:
        raise ValueError("must not be empty")
    return line


Label = Annotated[str, AfterValidator(_check_label)]
Name = Annotated[str, AfterValidator(_check_name)]
UrlText = Annotated[str, AfterValidator(_check_url)]


class Entity(BaseModel):
    """Base of all catalogue values: frozen, and a misspelt field is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
