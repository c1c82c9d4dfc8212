"""Small .psa files of our own making."""

from collections.abc import Sequence

HEAD = "PROSPACE SCHEMATIC FILE\n; Version 2022.1.0"
MILK, BUTTER = "40063813339", "01234567890"


def product(upc: str, name: str, inches: Sequence[float] = (3, 8, 3), *, code: str = "") -> str:
    """A product's record; ``inches`` are width, height and depth."""
    return ",".join(["Product", upc, code or upc, name, "", *map(str, inches), "0", "1", "L"])


def position(upc: str, key: str, xywh: Sequence[float], wide: int = 1, high: int = 1) -> str:
    """A position's record; left, width, bottom and height are given as x, y, w, h."""
    x, y, w, h = xywh
    return ",".join(["Position", upc, upc, key, *map(str, (x, w, y, h)), *["0"] * 6, str(wide), str(high)])


def board(x: float, y: float, wide: float, kind: int = 0) -> str:
    """A board an inch thick, or another type of fixture, with its upper side at ``y + 1``."""
    return ",".join(["Fixture", str(kind), "Board", "", *map(str, (x, wide, y, 1, 0, 16))])


def segment(x: float, wide: float) -> str:
    """A segment's record."""
    return ",".join(["Segment", "1", "", "", str(wide), *["0"] * 5, str(x)])


def plan(name: str, *records: str, wide: float = 48, high: float = 72) -> list[str]:
    """A plan with what belongs to it."""
    return [",".join(["Planogram", name, "", str(wide), str(high)]), *records]


def psa(*records: str, head: str = HEAD, encoding: str = "cp1252") -> bytes:
    """A whole file."""
    return "\r\n".join([head, "Project,Test", *records, ""]).encode(encoding)
