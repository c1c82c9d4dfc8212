"""Numbers and units of length, as plans have them."""

import math
import re
from collections.abc import Sequence
from statistics import median

MM_PER_UNIT = {"inch": 25.4, "cm": 10.0, "mm": 1.0, "m": 1000.0, "ft": 304.8}
UNITS = tuple(MM_PER_UNIT)

_SPELLINGS = {
    "in": "inch", "inch": "inch", "inches": "inch", '"': "inch", "cm": "cm", "mm": "mm", "m": "m", "ft": "ft",
}  # fmt: skip
_GUESSED = ("inch", "cm", "mm")
_PACK_MM = {"height": 170.0, "width": 90.0}
"""What a pack of a supermarket usually measures: the middle of several stores' products, on a scale of ratios."""

_SANE = 1e9


def number_of(text: object) -> float | None:
    """The number that a cell says, with a point or a comma; ``None`` where it says none."""
    try:
        value = float(str(text).strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < _SANE else None


def unit_named(text: str) -> str | None:
    """The unit that a column's name says in its last word: ``width_mm``, ``Height (in)``, ``Depth [cm]``."""
    words = re.split(r"[\s_()\[\].]+", text.strip().lower().rstrip(")]"))
    return _SPELLINGS.get(words[-1]) if len(words) > 1 else None


def guessed_unit(heights: Sequence[float], widths: Sequence[float]) -> str:
    """The unit in which products of these sizes are nearest to usual packs; sizes of 0 are not known."""
    known = [(median(sizes), _PACK_MM[name]) for name, each in (("height", heights), ("width", widths))
             if (sizes := [size for size in each if size > 0])]  # fmt: skip
    return min(
        _GUESSED,
        key=lambda unit: sum(abs(math.log(middle * MM_PER_UNIT[unit] / usual)) for middle, usual in known),
    )
