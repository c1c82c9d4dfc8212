"""The text of a catalogue file."""

from pathlib import Path

from shelfstream.catalogue.folder_entry import FolderFinding

_FILE_BYTES_MAX = 32 * 1024 * 1024


def read_text(path: Path, shown: str) -> str | FolderFinding:
    """The file's text without a byte order mark, or why there is none. ``shown`` is its name in findings."""
    try:
        if path.stat().st_size > _FILE_BYTES_MAX:
            return FolderFinding(shown, 0, f"is larger than {_FILE_BYTES_MAX // 1024 // 1024} MiB")
        raw = path.read_bytes()
    except OSError as exc:
        return FolderFinding(shown, 0, f"cannot be read: {exc.strerror}")
    try:
        # Two byte order marks stand there where one program wrote one and the next one kept it as text.
        return raw.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        return FolderFinding(shown, line, "is not UTF-8 text; save the file as 'CSV UTF-8', or with the encoding UTF-8")
