"""Identifiers: stable slugs for places and devices, GTINs (GS1 General Specifications §7.9) for products.

A slug is lower-case letters, digits, ``-``, ``_`` and ``.``, at most 64 characters, and starts with a
letter or digit. It never holds ``/``, because keys join slugs with it, nor ``@``, which marks control records.

Names of files as texts that every terminal, file and program takes.
"""

import os
import re
from typing import Annotated

from pydantic import AfterValidator

_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_GTIN_LENGTHS = (8, 12, 13, 14)
_GLN_LENGTH = 13


def check_slug(text: str) -> str:
    """Return ``text`` if it is a slug, else raise ``ValueError`` with what a slug is."""
    if not _SLUG.fullmatch(text):
        raise ValueError(
            f"{text!r} is no identifier: use lower-case letters, digits, '-', '_' and '.', "
            "at most 64 characters, starting with a letter or digit"
        )
    return text


def gtin_check_digit(body: str) -> int:
    """GS1 check digit (modulo 10, weights 3 and 1 from the right) of the digits before it."""
    weighted = (int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -sum(weighted) % 10


def check_gtin(text: str) -> str:
    """Return the 14-digit form of a GTIN-8, -12, -13 or -14, or raise ``ValueError``."""
    if not (text.isascii() and text.isdigit()) or len(text) not in _GTIN_LENGTHS:
        raise ValueError(f"{text!r} is no GTIN: 8, 12, 13 or 14 digits are needed")
    expected = gtin_check_digit(text[:-1])
    if int(text[-1]) != expected:
        raise ValueError(f"{text!r} is no GTIN: its check digit should be {expected}")
    return text.zfill(14)


def check_gln(text: str) -> str:
    """Return ``text`` if it is a GLN (GS1's number of a place: 13 digits), or raise ``ValueError``."""
    if not (text.isascii() and text.isdigit()) or len(text) != _GLN_LENGTH:
        raise ValueError(f"{text!r} is no GLN: {_GLN_LENGTH} digits are needed")
    expected = gtin_check_digit(text[:-1])
    if int(text[-1]) != expected:
        raise ValueError(f"{text!r} is no GLN: its check digit should be {expected}")
    return text


Slug = Annotated[str, AfterValidator(check_slug)]
Gtin = Annotated[str, AfterValidator(check_gtin)]
Gln = Annotated[str, AfterValidator(check_gln)]


def key_of(*parts: str) -> str:
    """Join identifiers into a bus key; the first part is the store's."""
    return "/".join(parts)


def shown_name(name: str) -> str:
    r"""The name with bytes that are no UTF-8 written as ``\xfc``; all other names stay as they are."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
