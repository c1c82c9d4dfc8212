"""Settings from a YAML file, each with its line."""

import re
from collections.abc import Iterator
from pathlib import Path

from shelfstream.catalogue.folder_yaml import read_mapping
from shelfstream.errors import Fault
from shelfstream.settings_given import Given

_CONTENT = re.compile(r"^(?!---\s*$)[^#\s]", re.MULTILINE)


def read_settings_file(path: Path) -> Given:
    """What the file says: one mapping per section. Scalars stay texts; the settings' types parse them."""
    entries, findings = read_mapping(path, str(path))
    given = Given(faults=[Fault(found.where, found.what) for found in findings])
    if given.faults and _is_empty(path):
        return Given()
    for entry in entries:
        given.values.update({str(name): value for name, value in entry.fields.items()})
        given.where.update({spot: f"{path}:{line}" for spot, line in entry.lines.items() if spot})
    given.faults.extend(_no_sections(given))
    return given


def _no_sections(given: Given) -> Iterator[Fault]:
    for name, value in list(given.values.items()):
        if not isinstance(value, dict):
            del given.values[name]
            yield Fault(
                given.where_of((name,)), f"{name} must hold fields: write 'name: value' lines indented below it"
            )


def _is_empty(path: Path) -> bool:
    """Whether there is nothing but comments in the file."""
    try:
        return _CONTENT.search(path.read_text(encoding="utf-8-sig")) is None
    except (OSError, UnicodeDecodeError):
        return False
