"""References in settings: ``${NAME}`` stands for an environment variable, ``${file:/path}`` for a file's contents."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_REFERENCE = re.compile(r"(\$)?\$\{(?:file:(?P<file>[^}]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*))\}")
# A password may hold '/', '?' and '@' that nobody escaped, so that it ends at the last '@': where that stands in a path
# behind a port, a path is masked rather than a password shown.
_PASSWORD = re.compile(r"(://[^/\s:?#]*:).+(@)", re.DOTALL)
_PARAMETER = re.compile(r"[^&;]+")
MASK = "********"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A text with its references filled in, and a sentence for each that could not be."""

    text: str
    missing: tuple[str, ...] = ()


def has_references(text: str) -> bool:
    """Whether ``resolve`` would change the text."""
    return _REFERENCE.search(text) is not None


def resolve(text: str, environ: Mapping[str, str]) -> Resolved:
    """Fill in the references; ``$${NAME}`` stands for a literal ``${NAME}``. Reads the files that are named."""
    missing: list[str] = []

    def fill(found: re.Match[str]) -> str:
        if found[1]:
            return found[0][1:]
        try:
            if found["file"]:
                return Path(found["file"]).read_text(encoding="utf-8").rstrip("\r\n")
            return environ[found["name"]]
        except KeyError:
            missing.append(f"refers to {found['name']}, which is not set in the environment")
        except UnicodeDecodeError:
            missing.append(f"refers to the file {found['file']}, which is no UTF-8 text")
        except OSError as exc:
            missing.append(f"refers to the file {found['file']}, which cannot be read: {exc.strerror}")
        return ""

    return Resolved(_REFERENCE.sub(fill, text), tuple(missing))


def without_secrets(text: str) -> str:
    """The text with the password, and the values of the query, of any URL in it masked."""
    shown = _PASSWORD.sub(rf"\1{MASK}\2", text)
    if "://" not in shown:
        return text
    before, mark, query = shown.partition("?")
    return before + mark + _PARAMETER.sub(_without_value, query)


def _without_value(parameter: re.Match[str]) -> str:
    name, equals, value = parameter[0].partition("=")
    return f"{name}={MASK if value else ''}" if equals else MASK
