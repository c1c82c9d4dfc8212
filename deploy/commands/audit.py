"""``shelfstream audit``: a bay judged from photographs, without a camera and without calibrating anything."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analytics.contract import AVAILABLE, SlotState
from analytics.photographs.audit import BayPhotograph, SlotFinding, audit_bay
from analytics.photographs.photograph import AuditRecord, JudgedPhotograph, audit_record, judge_photograph
from analytics.settings import AnalyticsSettings
from deploy.overlay import AMBER, GREEN, GREY, RED, VIOLET, drawn_plan, write_drawing
from deploy.runtime.store_detector import StoreDetector
from ingest.one_frame import frame_of_file
from ingest.settings import IngestSettings
from shelfstream.catalogue.catalogue import Planogram, planograms
from shelfstream.catalogue.model import Camera
from shelfstream.errors import Fault, Faults
from shelfstream.identifiers import shown_name

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_COLOURS = {
    SlotState.STOCKED: GREEN,
    SlotState.LOW: AMBER,
    SlotState.OUT: RED,
    SlotState.MISPLACED: VIOLET,
    SlotState.UNKNOWN: GREY,
}
_NOT_IN_SIGHT = "not in sight, or not clear"

app = typer.Typer()
console = Console(highlight=False, soft_wrap=True)


@app.command("audit")
def audit(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The catalogue's folder, of one store.")],
    pictures: Annotated[
        list[Path], typer.Option("--picture", exists=True, help="A photograph, or a folder of them; may be repeated.")
    ],
    json_path: Annotated[
        Path | None, typer.Option("--json", dir_okay=False, help="File for one list with a record for each place.")
    ] = None,
    draw: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for the photographs with the plan laid over them.")
    ] = None,
    bays: Annotated[
        list[str] | None, typer.Option("--bay", metavar="ID", help="A bay that may be in sight; default: any.")
    ] = None,
) -> None:
    """Say of every place of a bay what stands there, from photographs held by hand, against the plan.

    Each photograph finds by itself which bay it shows and how, from the products in it; one that cannot be sure is told
    and not judged. In drawings green is stocked, amber low, red out, violet another product, grey not known.
    """
    if json_path is not None and not json_path.absolute().parent.is_dir():
        raise Faults("audit", [Fault(str(json_path), "the folder for it is not there")])
    store = StoreDetector.open(folder, console)
    auditing = _Auditing(store, bays or [bay.id for bay in store.catalogue.bays.values()])
    paths = [found for path in pictures for found in _pictures(path)]
    errors = Console(stderr=True)
    for path in track(paths, "looking", console=errors, disable=len(paths) < 2, transient=True):
        auditing.look(path, draw)
    if json_path is not None:
        json_path.write_text(
            json.dumps(list(map(asdict, auditing.records)), indent=1, ensure_ascii=False), encoding="utf-8"
        )
    auditing.tell()
    if auditing.unsure:
        raise typer.Exit(1)


def _pictures(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix.lower() in _SUFFIXES)
    if not found:
        raise Faults("audit", [Fault(str(path), "holds no JPEG or PNG pictures")])
    return found


class _Auditing:
    """The photographs of one call, bay by bay."""

    def __init__(self, store: StoreDetector, bays: Sequence[str]) -> None:
        known = {bay.id for bay in store.catalogue.bays.values()}
        unknown = [Fault("--bay", f"there is no bay {bay}") for bay in bays if bay not in known]
        if unknown or not bays:
            raise Faults("audit", unknown or [Fault("bays.yaml", "there is no bay to judge")])
        self._store, self._bays = store, bays
        self._plans = {key[1]: plan for key, plan in planograms(store.catalogue).items()}
        self._frames = IngestSettings()
        self._looks: dict[str, list[BayPhotograph]] = {}
        self.records: list[AuditRecord] = []
        self.unsure: list[Path] = []

    def look(self, path: Path, draw: Path | None) -> None:
        """Judge one photograph; what it cannot be sure of is told."""
        image = self._store.detector.open_jpeg(frame_of_file(path, self._frames))
        size_wh = (image.shape[1], image.shape[0])
        facings = self._store.see(image)
        catalogue, name = self._store.catalogue, shown_name(path.name)
        judged = judge_photograph(catalogue, self._store.store.id, self._bays, facings, size_wh)
        for bay, look in judged.looks.items():
            self._looks.setdefault(bay, []).append(look)
        self.records += [audit_record(catalogue, name, finding) for finding in judged.findings]
        if judged.why_not:
            self.unsure.append(path)
            console.print(f"{name}: not judged: {judged.why_not}", style="yellow", markup=False)
        if draw is not None:
            write_drawing(draw / f"{path.stem}.jpg", self._drawing(image, judged))

    def tell(self) -> None:
        """A table of what differs from the plan, and how much of it was seen."""
        for bay, looks in self._looks.items():
            plan = self._plans[bay]
            findings = audit_bay(plan, looks, AnalyticsSettings())
            table = Table("place", "product", "state", "belief", "", title=f"bay {bay}", box=None)
            for finding in findings:
                if what := self._deviation(finding):
                    name = self._name(finding.slot.gtin)
                    table.add_row(finding.slot.id, name, finding.state, f"{finding.belief:.2f}", what)
            console.print(table)
            console.print(_summary(plan, findings), markup=False)

    def _deviation(self, finding: SlotFinding) -> str:
        """What is not as planned, in a few words."""
        slot, seen = finding.slot, finding.seen_gtin
        other = seen is not None and seen != slot.gtin
        if finding.state is SlotState.OUT:
            return f"empty: bring {slot.facings_planned}"
        if finding.state is SlotState.UNKNOWN:
            return _NOT_IN_SIGHT
        if finding.state is SlotState.MISPLACED:
            return f"{self._name(seen) if seen and other else 'another product'} stands there"
        if other and seen is not None:
            return f"perhaps {self._name(seen)} stands there"
        return "fewer than presentable" if finding.state is SlotState.LOW else ""

    def _name(self, gtin: str) -> str:
        product = self._store.catalogue.products.get((self._store.store.id, gtin))
        return product.name if product is not None else gtin

    def _drawing(self, image: NDArray[np.uint8], judged: JudgedPhotograph) -> NDArray[np.uint8]:
        calibrations = tuple(each.calibration() for each in judged.proposals if each.bay in judged.looks)
        camera = Camera(store=self._store.store.id, id="photograph", url="photograph.jpg", calibrations=calibrations)
        colours = {finding.slot.id: _COLOURS[finding.state] for finding in judged.findings}
        return drawn_plan(image, self._store.catalogue, camera, colours)


def _summary(plan: Planogram, findings: Sequence[SlotFinding]) -> str:
    """Compliance with its coverage: a share of what was judged says nothing without how much that is."""
    judged = [finding for finding in findings if finding.state is not SlotState.UNKNOWN]
    right = sum(finding.state in AVAILABLE for finding in judged)
    share = f"{right / len(judged):.0%}" if judged else "nothing"
    return f"{len(judged)} of {len(plan.slots)} places judged; {share} of them hold what is planned"
