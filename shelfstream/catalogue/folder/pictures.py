"""The pictures of products in a catalogue folder."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from shelfstream.catalogue.folder.entry import Entry, FolderFinding
from shelfstream.picture_file import is_whole, read_header

PICTURES_FOLDER = "pictures"
_BYTES_MAX = 8 * 1024 * 1024
_SIDE_PX_MAX = 10_000
_AREA_PX_MAX = 40_000_000
_SIDE_PX_MIN = 16


def with_pictures(entry: Entry) -> Entry:
    """The product's entry with its picture names, written with ``;`` between them, as a list."""
    written = entry.fields.get("pictures")
    if not isinstance(written, str):
        return entry
    names = [name.strip() for name in written.split(";") if name.strip()]
    return Entry(entry.file, {**entry.fields, "pictures": names}, entry.lines)


def check_pictures(entry: Entry, folder: Path) -> Iterator[FolderFinding]:
    """Pictures of a product that are missing, no pictures, or dangerous to decode."""
    names = entry.fields.get("pictures")
    for name in names if isinstance(names, list) else []:
        what = picture_fault(folder, str(name))
        if what is not None:
            yield entry.finding(("pictures",), f"picture {name} {what}")


def picture_path(folder: Path, name: str) -> Path:
    """Where a picture of that name lies. Raises ``ValueError`` for a name that leads out of the folder."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name:
        raise ValueError(f"must be the name of a file in {PICTURES_FOLDER}/")
    return folder / PICTURES_FOLDER / name


def picture_fault(folder: Path, name: str) -> str | None:
    """What is wrong with one picture, as the end of a sentence."""
    try:
        path = picture_path(folder, name)
    except ValueError as exc:
        return str(exc)
    return file_fault(path, f"in {PICTURES_FOLDER}/")


def file_fault(path: Path, where: str = "there") -> str | None:
    """What keeps a file, which should be ``where``, from being a picture of a product, as the end of a sentence."""
    try:
        size_bytes = path.stat().st_size
        if size_bytes > _BYTES_MAX:
            return f"is larger than {_BYTES_MAX // 1024 // 1024} MiB"
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return f"is not {where}"
    except OSError as exc:  # a name that no file can have is one, too
        return f"cannot be read: {exc.strerror}"
    except ValueError:
        return "has a name that no file can have"
    return picture_bytes_fault(data)


def picture_bytes_fault(data: bytes) -> str | None:
    """What keeps bytes from being a picture of a product, as the end of a sentence."""
    if len(data) > _BYTES_MAX:
        return f"is larger than {_BYTES_MAX // 1024 // 1024} MiB"
    try:
        header = read_header(data)
    except ValueError as exc:
        return str(exc)
    sides_px = (header.width_px, header.height_px)
    message = f"{header.width_px}×{header.height_px} px"
    if max(sides_px) > _SIDE_PX_MAX or header.pixels > _AREA_PX_MAX:
        return f"says that it has {message}; at most 40 megapixels are taken"
    if not is_whole(data, _AREA_PX_MAX):
        return "is cut short"
    return f"has only {message}; at least {_SIDE_PX_MIN} are needed" if min(sides_px) < _SIDE_PX_MIN else None
