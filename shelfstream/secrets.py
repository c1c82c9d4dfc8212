"""Secrets: references to them (``${NAME}``, ``${file:/path}``), and keeping them out of every text."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from pydantic import BaseModel, SecretStr

VARIABLE_NAME = "[A-Za-z_][A-Za-z0-9_]*"
"""A variable's name, as references in settings and in camera URLs may hold one."""

_REFERENCE = re.compile(rf"(\$)?\$\{{(?:file:(?P<file>[^}}]+)|(?P<name>{VARIABLE_NAME}))\}}")
# A password may hold '/', '?' and '@' that nobody escaped, so that it ends at the last '@': where that stands in a path
# behind a port, a path is masked rather than a password shown.
_PASSWORD = re.compile(r"(://[^/\s:?#]*:).+(@)", re.DOTALL)
_PARAMETER = re.compile(r"[^&;]+")
_URL_PASSWORD = re.compile(r"://[^/\s:?#]*:(.+)@", re.DOTALL)
# Shorter ones would be found in every second word.
_SHORTEST_MASKED = 4
MASK = "********"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A text with its references filled in, a sentence for each that could not be, and the ``values`` filled in."""

    text: str
    missing: tuple[str, ...] = ()
    values: tuple[str, ...] = field(default=(), repr=False)


def has_references(text: str) -> bool:
    """Whether ``resolve`` would change the text."""
    return _REFERENCE.search(text) is not None


def resolve(text: str, environ: Mapping[str, str]) -> Resolved:
    """Fill in the references; ``$${NAME}`` stands for a literal ``${NAME}``. Reads the files that are named."""
    missing: list[str] = []
    values: list[str] = []

    def fill(found: re.Match[str]) -> str:
        if found[1]:
            return found[0][1:]
        try:
            if found["file"]:
                values.append(Path(found["file"]).read_text(encoding="utf-8").rstrip("\r\n"))
            else:
                values.append(environ[found["name"]])
            return values[-1]
        except KeyError:
            missing.append(f"refers to {found['name']}, which is not set in the environment")
        except UnicodeDecodeError:
            missing.append(f"refers to the file {found['file']}, which is no UTF-8 text")
        except OSError as exc:
            missing.append(f"refers to the file {found['file']}, which cannot be read: {exc.strerror}")
        return ""

    return Resolved(_REFERENCE.sub(fill, text), tuple(missing), tuple(values))


def without_secrets(text: str) -> str:
    """The text with the password, and the values of the query, of any URL in it masked."""
    shown = _PASSWORD.sub(rf"\1{MASK}\2", text)
    if "://" not in shown:
        return text
    before, mark, query = shown.partition("?")
    return before + mark + _PARAMETER.sub(_without_value, query)


class KnownSecrets:
    """Every secret that this process has been given, so that none leaves it in a text. Any thread may call.

    The last line of defence, behind texts that hold none: passwords of fewer than four characters are not looked for.
    """

    def __init__(self) -> None:
        self._texts: frozenset[str] = frozenset()

    def add(self, *secrets: str) -> None:
        """Remember secrets, and the password of any that is a URL, as they are and as a URL writes them."""
        found = {password for secret in secrets for password in (secret, *_URL_PASSWORD.findall(secret))}
        found |= {unquote(each) for each in found} | {quote(each, safe="") for each in found}
        # As Python and JSON write them between quotation marks, and JSON what Python wrote.
        found |= {repr(each)[1:-1] for each in found}
        found |= {json.dumps(each, ensure_ascii=False)[1:-1] for each in found}
        found |= {each.strip() for each in found}
        self._texts |= {each for each in found if len(each) >= _SHORTEST_MASKED}

    def mask(self, text: str) -> str:
        """The text without them."""
        for secret in sorted(self._texts, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text


def secrets_in(value: object) -> Iterator[str]:
    """Every secret in settings, however deep."""
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            for _, each in value:
                yield from secrets_in(each)
        case Mapping():
            for each in value.values():
                yield from secrets_in(each)
        case list() | tuple() | set() | frozenset():
            for each in value:
                yield from secrets_in(each)


class SecretEnvironment(Mapping[str, str]):
    """An environment of which every value that is asked for by name is a secret from then on."""

    def __init__(self, environ: Mapping[str, str], secrets: KnownSecrets) -> None:
        self._environ = environ
        self._secrets = secrets

    def __getitem__(self, name: str) -> str:
        value = self._environ[name]
        self._secrets.add(value)
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._environ

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def _without_value(parameter: re.Match[str]) -> str:
    name, equals, value = parameter[0].partition("=")
    return f"{name}={MASK if value else ''}" if equals else MASK
