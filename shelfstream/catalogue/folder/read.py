"""Reads a catalogue from a folder that a person writes; docs/catalogue.md says how.

Either one store (``store.yaml`` in the folder itself) or one sub-folder per store, with cameras.yaml, bays.yaml,
slots.csv, products.csv and pictures beside it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from shelfstream.catalogue.camera_urls import url_faults
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.checks import check_catalogue
from shelfstream.catalogue.finding import ANY, Severity, Subject, subject_of
from shelfstream.catalogue.folder.entry import Entry, FolderFinding, parse_entry
from shelfstream.catalogue.folder.files import read_list, read_mapping, read_table
from shelfstream.catalogue.folder.notation import with_hours, with_points, with_shifts
from shelfstream.catalogue.folder.pictures import PICTURES_FOLDER, check_pictures, with_pictures
from shelfstream.catalogue.model import Bay, Camera, CatalogueEntity, Kind, Product, Slot, Store
from shelfstream.errors import Fault, Faults
from shelfstream.identifiers import check_slug

STORE_FILE = "store.yaml"
CAMERAS_FILE = "cameras.yaml"
BAYS_FILE = "bays.yaml"
SLOTS_FILE = "slots.csv"
PRODUCTS_FILE = "products.csv"
_KNOWN = frozenset({STORE_FILE, CAMERAS_FILE, BAYS_FILE, SLOTS_FILE, PRODUCTS_FILE, PICTURES_FOLDER})
_GTIN_LENGTH = 14
_STRANGE_IN_SLUG = re.compile(r"[^a-z0-9]+")

_Entries = tuple[list[Entry], list[FolderFinding]]


@dataclass
class StoreFolder:
    """One store's folder while it is read. ``entry`` is the store's own; ``origins`` says where each entity stands.

    ``id`` is one that entities can carry even where the one written is none: what else is wrong is told all the same.
    """

    id: str
    entry: Entry
    entities: list[CatalogueEntity] = field(default_factory=list)
    origins: dict[Subject, Entry] = field(default_factory=dict)
    broken: set[Subject] = field(default_factory=set)
    findings: list[FolderFinding] = field(default_factory=list)

    def take(self, entry: Entry, kind: Kind, model: type[CatalogueEntity]) -> None:
        """Add the entity of an entry, or what is wrong with it."""
        parsed, findings = parse_entry(entry, model, None if kind is Kind.STORE else self.id)
        self.findings += findings
        if parsed is None:
            self.broken.add(_declared(entry, kind, self.id))
            return
        subject = subject_of(parsed)
        if subject in self.origins:
            first = self.origins[subject].finding((), "").where
            name = "gtin" if kind is Kind.PRODUCT else "id"
            self.findings.append(entry.finding((name,), f"{subject} is there twice; the first is at {first}"))
            return
        self.entities.append(parsed)
        self.origins[subject] = entry


def read_store_folder(folder: Path, root: Path) -> StoreFolder:
    """Everything in one store's folder; findings name files relative to ``root``."""

    def shown(name: str) -> str:
        return (folder.relative_to(root) / name).as_posix()

    def read(name: str, reader: Callable[[Path, str], _Entries], empty: str, kind: Kind = Kind.STORE) -> list[Entry]:
        if not (folder / name).is_file():
            store.findings.append(FolderFinding(shown(name), 0, empty, Severity.WARNING))
            return []
        entries, findings = reader(folder / name, shown(name))
        store.findings += findings
        if any(each.hides for each in findings) or (findings and not entries):
            store.broken.add(Subject(kind, store.id, ANY))
        return entries

    name = folder.resolve().name
    store = StoreFolder(_usable_id(name), Entry(shown(STORE_FILE), {"id": name}))
    _take_store(store, read(STORE_FILE, read_mapping, "is missing"))
    products = read(
        PRODUCTS_FILE, lambda path, name: read_table(path, name, Product), "is missing: no products", Kind.PRODUCT
    )
    for entry in [with_pictures(each) for each in products]:
        store.take(entry, Kind.PRODUCT, Product)
        store.findings += check_pictures(entry, folder)
    for entry in read(BAYS_FILE, read_list, "is missing: no bays, and nothing to watch", Kind.BAY):
        store.take(entry, Kind.BAY, Bay)
    for entry in read(SLOTS_FILE, lambda path, name: read_table(path, name, Slot), "is missing: no slots", Kind.SLOT):
        store.take(entry, Kind.SLOT, Slot)
    for entry in read(CAMERAS_FILE, read_list, "is missing: no cameras", Kind.CAMERA):
        store.take(with_points(entry), Kind.CAMERA, Camera)
        store.findings += _url_findings(entry)
    store.findings += _strangers(folder, shown)
    return store


def _take_store(store: StoreFolder, entries: Iterable[Entry]) -> None:
    for entry in entries:
        named = Entry(entry.file, {**store.entry.fields, **entry.fields}, entry.lines)
        store.entry = named
        store.id = _usable_id(str(named.fields["id"]))
        spelled, findings = with_hours(named, "hours")
        spelled, of_quiet = with_hours(spelled, "quiet")
        spelled, of_shifts = with_shifts(spelled)
        store.findings += [*findings, *of_quiet, *of_shifts]
        store.take(spelled, Kind.STORE, Store)


def _usable_id(written: str) -> str:
    try:
        return check_slug(written)
    except ValueError:
        return _STRANGE_IN_SLUG.sub("-", written.lower())[:64].strip("-") or "store"


def _url_findings(entry: Entry) -> list[FolderFinding]:
    """Of the URL as written: a camera that cannot be read for another reason may still give a secret away."""
    written = entry.fields.get("url")
    return [entry.finding(("url",), what) for what in url_faults(written)] if isinstance(written, str) else []


def _declared(entry: Entry, kind: Kind, store: str) -> Subject:
    if kind is Kind.PRODUCT:
        return Subject(kind, store, str(entry.fields.get("gtin", "")).zfill(_GTIN_LENGTH))
    return Subject(kind, store, str(entry.fields.get("id", "")))


def _strangers(folder: Path, shown: Callable[[str], str]) -> list[FolderFinding]:
    """Files that a person may think are read."""
    wanted = ", ".join(sorted(_KNOWN - {PICTURES_FOLDER}))
    return [
        FolderFinding(shown(each.name), 0, f"is not read; the files of a store are {wanted}", Severity.WARNING)
        for each in sorted(folder.iterdir())
        if each.suffix.lower() in {".yaml", ".yml", ".csv", ".xlsx", ".ods", ".json"} and each.name not in _KNOWN
    ]


@dataclass(frozen=True)
class CheckedFolder:
    """What a folder holds and everything that is wrong with it, in the order of files and lines.

    ``catalogue`` has only what could be read; it is whole if there are no ``faults``. ``folders`` says where
    each store's files are.
    """

    catalogue: Catalogue
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    folders: dict[str, Path]


def read_folder(path: Path) -> Catalogue:
    """The catalogue in a folder. ``Product.pictures`` are file names in the store's ``pictures/``.

    Raises ``Faults`` with every fault, each with its file and line.
    """
    checked = check_folder(path)
    if checked.faults:
        raise Faults(f"catalogue in {path}", checked.faults)
    return checked.catalogue


def check_folder(path: Path) -> CheckedFolder:
    """Read a folder and look at everything in it; raises nothing for what is wrong inside."""
    folders, findings = _store_folders(path)
    stores = [read_store_folder(folder, path) for folder in folders]
    findings += [finding for store in stores for finding in store.findings]
    findings += _same_store_twice(stores)
    catalogue = Catalogue.of(entity for store in stores for entity in store.entities)
    for store in stores:
        alone = Catalogue.of(store.entities)
        for finding in check_catalogue(alone, store.broken):
            entry = store.origins[finding.subject]
            findings.append(entry.finding(finding.path, finding.what, finding.severity))
    ordered = sorted(set(findings))
    return CheckedFolder(
        catalogue,
        tuple(Fault(each.where, each.what) for each in ordered if each.severity is Severity.FAULT),
        tuple(Fault(each.where, each.what) for each in ordered if each.severity is Severity.WARNING),
        {store.id: folder for store, folder in zip(stores, folders, strict=True)},
    )


def _store_folders(path: Path) -> tuple[list[Path], list[FolderFinding]]:
    if not path.is_dir():
        return [], [FolderFinding(str(path), 0, "is no folder")]
    below = sorted(each.parent for each in path.glob(f"*/{STORE_FILE}"))
    if (path / STORE_FILE).is_file():
        mixed = [f"{each.name}/{STORE_FILE}" for each in below]
        what = f"a folder holds one store or one sub-folder per store; there is a {STORE_FILE} beside it, too"
        return [path], [FolderFinding(name, 0, what) for name in mixed]
    if below:
        return below, []
    return [], [FolderFinding(STORE_FILE, 0, "is missing; it says the store's name, time zone and opening hours")]


def _same_store_twice(stores: list[StoreFolder]) -> list[FolderFinding]:
    seen: dict[str, str] = {}
    findings = []
    for store in stores:
        name = str(store.entry.fields["id"])
        if name in seen:
            findings.append(store.entry.finding(("id",), f"store {name} is already in {seen[name]}"))
        seen.setdefault(name, store.entry.finding(("id",), "").where)
    return findings
