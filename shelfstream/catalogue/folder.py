"""Reads a catalogue from a folder that a person writes; docs/catalogue.md says how.

Either one store (``store.yaml`` in the folder itself) or one sub-folder per store.
"""

from dataclasses import dataclass
from pathlib import Path

from shelfstream.catalogue.finding import Severity
from shelfstream.catalogue.folder_entry import FolderFinding
from shelfstream.catalogue.folder_store import STORE_FILE, StoreFolder, read_store_folder
from shelfstream.catalogue.rules import check_catalogue
from shelfstream.catalogue.whole import Catalogue
from shelfstream.errors import Fault, Faults


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
