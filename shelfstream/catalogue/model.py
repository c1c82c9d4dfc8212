"""What a store is made of, as values. Folder files, bus records and SQL versions all hold these.

Bay coordinates: millimetres in the bay's front plane, origin at its lower left corner as a shopper sees it,
x to the right, y up. Picture coordinates: pixels of the undistorted-as-published frame, x right, y down.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator

from shelfstream.catalogue.values import Entity, Label, Name, UrlText
from shelfstream.identifiers import Gln, Gtin, Slug

_MIN_POINT_PAIRS = 4
# The longest name has 32 characters; one of hundreds of parts is looked for beyond the interpreter's depth.
_TIME_ZONE_CHARACTERS_MAX = 64
_CLOCK_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
_CLOSING_TIME = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"

PointPx = tuple[float, float]
PointMm = tuple[float, float]


class Kind(StrEnum):
    """Kinds of catalogue entities; the middle part of a record's key."""

    STORE = "store"
    CAMERA = "camera"
    BAY = "bay"
    SLOT = "slot"
    PRODUCT = "product"


def _check_time_zone(name: str) -> str:
    try:
        if len(name) <= _TIME_ZONE_CHARACTERS_MAX and ZoneInfo(name):
            return name
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones
        pass
    shown = name[:_TIME_ZONE_CHARACTERS_MAX]
    raise ValueError(f"{shown!r} is no time zone of the IANA database, such as Europe/Berlin")


class OpeningHours(Entity):
    """One stretch of opening on one weekday, in the store's local time; ``closes`` may be 24:00."""

    opens: Annotated[str, Field(pattern=_CLOCK_TIME)]
    closes: Annotated[str, Field(pattern=_CLOSING_TIME)]

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            message = f"opens {self.opens} is not before closes {self.closes}"
            raise ValueError(f"{message} (hours that pass midnight are two: until 24:00, and from 00:00)")
        return self


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""Monday first, as Python's ``weekday()`` counts."""


Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""Languages in which a store's people are spoken to; the first one where nothing is said."""


def _listed(written: object) -> object:
    return [written] if isinstance(written, str) else written


Audience = Annotated[tuple[Slug, ...], BeforeValidator(_listed)]
"""Who is told: tags of channels, as the installation's settings give them."""
RaisingState = Literal["LOW", "OUT", "MISPLACED"]


class Route(Entity):
    """Who is told of some of a store's alerts: those that fit all that is named here.

    ``hours``: its shift, by weekday in the store's local time; empty: always. ``at_risk_per_h``: money at risk an hour,
    at least, in the store's currency.
    """

    tells: Audience = Field(min_length=1)
    hours: dict[Weekday, tuple[OpeningHours, ...]] = Field(default_factory=dict)
    aisles: tuple[Name, ...] = ()
    categories: tuple[Name, ...] = ()
    states: tuple[RaisingState, ...] = ()
    at_risk_per_h: Annotated[float, Field(ge=0)] = 0.0


class AlertBudget(Entity):
    """How many wrong alerts a store's people put up with in a shift; shifts begin at these times of each local day."""

    wrong_most: Annotated[int, Field(ge=0, le=100)]
    shifts_begin: Annotated[tuple[Annotated[str, Field(pattern=_CLOCK_TIME)], ...], Field(min_length=1)] = (
        "06:00",
        "14:00",
        "22:00",
    )

    @model_validator(mode="after")
    def _shifts_are_in_order(self) -> Self:
        if any(earlier >= later for earlier, later in pairwise(self.shifts_begin)):
            raise ValueError("shifts_begin: each time must be later than the one before it")
        return self


class Store(Entity):
    """A store. Hours are by weekday; a weekday that is not named is closed.

    In its ``quiet`` hours, by weekday as well, nobody is told of alerts: what is still so afterwards is told then.
    Of ``routes`` the first that fits an alert tells of it, ``deputy`` is told where none does; without routes everybody
    is. What nobody takes, or refills, in time is told to ``escalates_to`` (empty: those who are on shift, again).
    With a ``budget`` alerts that are likely to be wrong wait once too many would be.
    """

    id: Slug
    name: Name
    time_zone: Annotated[str, AfterValidator(_check_time_zone)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    region: Label = ""
    gln: Gln | None = None
    language: Language = LANGUAGES[0]
    hours: dict[Weekday, tuple[OpeningHours, ...]]
    quiet: dict[Weekday, tuple[OpeningHours, ...]] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    deputy: Audience = ()
    escalates_to: Audience = ()
    budget: AlertBudget | None = None

    @model_validator(mode="after")
    def _somebody_is_told(self) -> Self:
        if self.routes and not self.deputy:
            raise ValueError("deputy is missing: name who is told of what fits no route, or when nobody is on shift")
        return self


class PointPair(Entity):
    """The same spot in the picture and on the bay's front plane."""

    image_px: PointPx
    bay_mm: PointMm


class Lens(Entity):
    """How a camera's lens bends its picture, which is ``width_px`` by ``height_px``.

    A spot at the distance r from the picture's middle, in halves of its width, would be at r · (1 + ``bend`` · r²) in
    a picture that keeps straight lines straight: above 0 for wide lenses, which press the corners inwards.
    """

    width_px: Annotated[int, Field(gt=0, le=16_384)]
    height_px: Annotated[int, Field(gt=0, le=16_384)]
    bend: Annotated[float, Field(ge=-0.2, le=0.2)]


class Calibration(Entity):
    """How one camera sees one bay; ``lens`` of ``None`` is a straight one."""

    bay: Slug
    points: tuple[PointPair, ...] = Field(min_length=_MIN_POINT_PAIRS)
    lens: Lens | None = None


class Camera(Entity):
    """A camera. ``url`` holds no secret: ``${NAME}`` in it is replaced from the environment where it is opened."""

    store: Slug
    id: Slug
    name: Label = ""
    url: UrlText
    interval_s: Annotated[float, Field(gt=0, le=3600)] = 2.0
    stale_after_s: Annotated[float, Field(gt=0)] = 120.0
    calibrations: tuple[Calibration, ...] = ()


class Shelf(Entity):
    """One shelf board (or row of pegs) of a bay: products stand on ``y_mm`` and may be ``clearance_mm`` high."""

    id: Slug
    y_mm: Annotated[float, Field(ge=0)]
    clearance_mm: Annotated[float, Field(gt=0)]
    depth_mm: Annotated[float, Field(gt=0)] = 400.0
    kind: Literal["board", "peg"] = "board"


class Reset(Entity):
    """A time in which a bay is rebuilt: what is seen on it says nothing."""

    begins: AwareDatetime
    ends: AwareDatetime

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.begins >= self.ends:
            raise ValueError(f"begins {self.begins.isoformat()} is not before ends {self.ends.isoformat()}")
        return self

    def holds(self, at: datetime) -> bool:
        """Whether the bay is being rebuilt at a time."""
        return self.begins <= at < self.ends


class Bay(Entity):
    """One fixture section with its shelves."""

    store: Slug
    id: Slug
    name: Label = ""
    aisle: Label = ""
    width_mm: Annotated[float, Field(gt=0)]
    height_mm: Annotated[float, Field(gt=0)]
    walking_order: int = 0
    reset: Reset | None = None
    shelves: tuple[Shelf, ...] = Field(min_length=1)


class Slot(Entity):
    """The planned place of one product on a shelf."""

    store: Slug
    id: Slug
    bay: Slug
    shelf: Slug
    gtin: Gtin
    x_min_mm: Annotated[float, Field(ge=0)]
    x_max_mm: Annotated[float, Field(gt=0)]
    facings_wide: Annotated[int, Field(ge=1, le=100)] = 1
    facings_high: Annotated[int, Field(ge=1, le=20)] = 1
    presentation_min: Annotated[int, Field(ge=0)] = 1

    @property
    def facings_planned(self) -> int:
        """Side by side and above each other."""
        return self.facings_wide * self.facings_high

    def units_to_bring(self, level: float | None) -> int:
        """Units that fill the front again, at least one. ``level``: the share of planned facings still there."""
        return max(1, self.facings_planned - round((level or 0.0) * self.facings_planned))

    @model_validator(mode="after")
    def _has_width(self) -> Self:
        if self.x_min_mm >= self.x_max_mm:
            raise ValueError(f"x_min_mm {self.x_min_mm:g} is not left of x_max_mm {self.x_max_mm:g}")
        return self


class Product(Entity):
    """A product as the store sells it. ``pictures`` are picture-store ids (in a folder: file names beside it).

    From ``promoted_from`` until the end of ``promoted_until``, local days, it sells ``promotion_sells_times`` as much.
    """

    store: Slug
    gtin: Gtin
    name: Name
    brand: Label = ""
    category: Label = ""
    price: Annotated[Decimal, Field(ge=0, decimal_places=2)] | None = None
    pack_size: Label = ""
    width_mm: Annotated[float, Field(gt=0)] | None = None
    height_mm: Annotated[float, Field(gt=0)] | None = None
    depth_mm: Annotated[float, Field(gt=0)] | None = None
    sales_per_day: Annotated[float, Field(ge=0)] | None = None
    pictures: tuple[str, ...] = ()
    promoted_from: date | None = None
    promoted_until: date | None = None
    promotion_sells_times: Annotated[float, Field(ge=1, le=100)] = 2.0

    def sold_on(self, day: date) -> float | None:
        """Units that are sold on a day, where that is known."""
        if self.sales_per_day is None or self.promoted_from is None or self.promoted_until is None:
            return self.sales_per_day
        promoted = self.promoted_from <= day <= self.promoted_until
        return self.sales_per_day * (self.promotion_sells_times if promoted else 1.0)

    @model_validator(mode="after")
    def _promotion_begins_before_it_ends(self) -> Self:
        begins, ends = self.promoted_from, self.promoted_until
        if (begins is None) != (ends is None):
            raise ValueError("promoted_from and promoted_until: give both days, or none")
        if begins is not None and ends is not None and begins > ends:
            raise ValueError(f"promoted_from {begins} is after promoted_until {ends}")
        return self

    @property
    def id(self) -> str:
        """Products are known by their GTIN."""
        return self.gtin


CatalogueEntity = Store | Camera | Bay | Slot | Product
