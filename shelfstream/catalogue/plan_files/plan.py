"""A plan as a space-planning program keeps it, in millimetres, before it becomes bays and slots.

Heights count from the floor upwards, widths from the left as a shopper sees it. Whatever was completed, guessed or left
out on the way is a ``Note`` that says where it stands: nothing is dropped silently.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class NoteKind(StrEnum):
    """How bad it is: ``FAULT`` keeps the plan from being used, the others are told."""

    FAULT = "fault"
    LEFT_OUT = "left out"
    GUESSED = "guessed"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a person should know. ``where`` is a line or record of the file, empty for all of it."""

    where: str
    kind: NoteKind
    what: str


@dataclass(frozen=True, slots=True)
class PlanProduct:
    """A product as the plan describes it. ``code`` is what positions call it by; sizes of 0 are not known."""

    code: str
    gtin: str
    name: str
    brand: str
    category: str
    pack_size: str
    width_mm: float
    height_mm: float
    depth_mm: float


@dataclass(frozen=True, slots=True)
class PlanFixture:
    """A board, row of pegs or basket; products stand on ``top_mm``."""

    name: str
    left_mm: float
    width_mm: float
    top_mm: float
    depth_mm: float
    is_peg: bool


@dataclass(frozen=True, slots=True)
class PlanPosition:
    """A product's place. ``key`` is the plan's own id of it, ``bottom_mm`` where its units stand."""

    where: str
    key: str
    product: str
    left_mm: float
    width_mm: float
    bottom_mm: float
    height_mm: float
    facings_wide: int
    facings_high: int


@dataclass(frozen=True, slots=True)
class PlanSection:
    """A run of the plan that stands by itself: it becomes a bay."""

    left_mm: float
    width_mm: float


@dataclass
class SourcePlan:
    """One plan of a file."""

    where: str
    name: str
    width_mm: float
    height_mm: float
    sections: list[PlanSection] = field(default_factory=list)
    fixtures: list[PlanFixture] = field(default_factory=list)
    positions: list[PlanPosition] = field(default_factory=list)


@dataclass
class PlanFile:
    """All plans of a file, the products of all of them by code, and what there is to say."""

    plans: list[SourcePlan] = field(default_factory=list)
    products: dict[str, PlanProduct] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
