"""Texts that people read: one line, printable, without blanks around it.

What a store is made of, as values. Folder files, bus records and SQL versions all hold these.

Bay coordinates: millimetres in the bay's front plane, origin at its lower left corner as a shopper sees it,
x to the right, y up. Picture coordinates: pixels of the undistorted-as-published frame, x right, y down.
"""

import unicodedata
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shelfstream.identifiers import Gln, Gtin, Slug

_LABEL_LENGTH_MAX = 200
_URL_LENGTH_MAX = 2_000
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})

_MIN_POINT_PAIRS = 4
# The longest name has 32 characters; one of hundreds of parts is looked for beyond the interpreter's depth.
_TIME_ZONE_CHARACTERS_MAX = 64
_CLOCK_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
_CLOSING_TIME = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"


def _check_line(text: str, length_max: int) -> str:
    line = text.strip()
    if any(unicodedata.category(character) in _UNPRINTABLE for character in line):
        raise ValueError("must be one line of printable text")
    if len(line) > length_max:
        raise ValueError(f"must not be longer than {length_max} characters")
    return line


def _check_label(text: str) -> str:
    return _check_line(text, _LABEL_LENGTH_MAX)


def _check_name(text: str) -> str:
    return _check_filled(_check_label(text))


def _check_url(text: str) -> str:
    return _check_filled(_check_line(text, _URL_LENGTH_MAX))


def _check_filled(line: str) -> str:
    if not line:
        raise ValueError("must not be empty")
    return line


Label = Annotated[str, AfterValidator(_check_label)]
Name = Annotated[str, AfterValidator(_check_name)]
UrlText = Annotated[str, AfterValidator(_check_url)]

PointPx = tuple[float, float]
PointMm = tuple[float, float]


class Kind(StrEnum):
    """Kinds of catalogue entities; the middle part of a record's key."""

    STORE = "store"
    CAMERA = "camera"
    BAY = "bay"
    SLOT = "slot"
    PRODUCT = "product"


class Entity(BaseModel):
    """Base of all catalogue values: frozen, and a misspelt field is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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
    hours: dict[Weekday, tuple[OpeningHours, ...]] = {}
    aisles: tuple[Name, ...] = ()
    categories: tuple[Name, ...] = ()
    states: tuple[RaisingState, ...] = ()
    at_risk_per_h: Annotated[float, Field(ge=0)] = 0.0


class Store(Entity):
    """A store. Hours are by weekday; a weekday that is not named is closed.

    In its ``quiet`` hours, by weekday as well, nobody is told of alerts: what is still so afterwards is told then.
    Of ``routes`` the first that fits an alert tells of it, ``deputy`` is told where none does; without routes everybody
    is. What nobody takes, or refills, in time is told to ``escalates_to`` (empty: those who are on shift, again).
    """

    id: Slug
    name: Name
    time_zone: Annotated[str, AfterValidator(_check_time_zone)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    gln: Gln | None = None
    language: Language = LANGUAGES[0]
    hours: dict[Weekday, tuple[OpeningHours, ...]]
    quiet: dict[Weekday, tuple[OpeningHours, ...]] = {}
    routes: tuple[Route, ...] = ()
    deputy: Audience = ()
    escalates_to: Audience = ()

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
    """A product as the store sells it. ``pictures`` are picture-store ids (in a folder: file names beside it)."""

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

    @property
    def id(self) -> str:
        """Products are known by their GTIN."""
        return self.gtin


CatalogueEntity = Store | Camera | Bay | Slot | Product
