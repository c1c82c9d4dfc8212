"""One photograph of a store, held by hand: which bays it shows, and what stands in each of their places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.contract import SlotState
from analytics.photographs.audit import BayPhotograph, SlotFinding, audit_bay
from analytics.photographs.verdict import Proposal, propose_bays
from analytics.settings import AnalyticsSettings
from detector.contract import Facings
from shelfstream.catalogue.catalogue import Catalogue, planograms


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One place as one photograph shows it; ``seen_gtin`` is the product in it, where one is recognised."""

    picture: str
    bay: str
    slot: str
    gtin: str
    planned_product: str
    state: SlotState
    belief: float
    seen_gtin: str | None


@dataclass(frozen=True, eq=False)
class JudgedPhotograph:
    """How each bay may lie in it, the likeliest first, and of those that surely do their looks and places."""

    proposals: tuple[Proposal, ...]
    looks: dict[str, BayPhotograph]
    findings: tuple[SlotFinding, ...]

    @property
    def why_not(self) -> str:
        """Why nothing could be judged; empty where something was."""
        return "" if self.looks else self.proposals[0].why


def judge_photograph(
    catalogue: Catalogue, store: str, bays: Sequence[str], facings: Facings, size_wh: tuple[int, int]
) -> JudgedPhotograph:
    """Find which of these bays a picture shows, and judge their places as a camera's first look would."""
    settings, plans = AnalyticsSettings(), planograms(catalogue)
    proposals = propose_bays(catalogue, store, bays, facings, size_wh)
    looks = {
        each.bay: BayPhotograph(facings, size_wh, np.asarray(np.linalg.inv(each.image_from_bay), np.float64), each.lens)
        for each in proposals
        if each.sure and each.image_from_bay is not None
    }
    found = [finding for bay, look in looks.items() for finding in audit_bay(plans[store, bay], [look], settings)]
    return JudgedPhotograph(tuple(proposals), looks, tuple(found))


def audit_record(catalogue: Catalogue, picture: str, finding: SlotFinding) -> AuditRecord:
    """What is told of one place."""
    slot = finding.slot
    product = catalogue.products.get((slot.store, slot.gtin))
    return AuditRecord(
        picture=picture,
        bay=slot.bay,
        slot=slot.id,
        gtin=slot.gtin,
        planned_product=slot.gtin if product is None else product.name,
        state=finding.state,
        belief=round(finding.belief, 4),
        seen_gtin=finding.seen_gtin,
    )
