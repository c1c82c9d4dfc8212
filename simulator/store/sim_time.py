"""A simulated camera's URL, and the simulated time that it sets."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_OPTIONS = frozenset({"seed", "speed", "offset_s", "people", "catalogue"})


@dataclass(frozen=True)
class SimTime:
    """Simulated seconds: the wall clock's, ``speed`` times as fast, set off by ``offset_s``; alike in all processes."""

    speed: float = 60.0
    offset_s: float = 0.0

    def seconds_at(self, now: datetime) -> float:
        """The simulated time at a wall-clock time."""
        return (now - _EPOCH).total_seconds() * self.speed + self.offset_s

    def wall_at(self, seconds: float) -> datetime:
        """The wall-clock time of a simulated time."""
        return _EPOCH + timedelta(seconds=(seconds - self.offset_s) / self.speed)


@dataclass(frozen=True)
class SimUrl:
    """``sim://<store>/<camera>?seed=7&speed=60&offset_s=0&people=1&catalogue=/folder``, taken apart.

    Without ``catalogue`` it is the demo's store.
    """

    store: str
    camera: str
    seed: int
    time: SimTime
    people: bool
    catalogue: Path | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises ``ValueError`` that says what is wrong with the URL."""
        parts = urlsplit(url)
        camera = parts.path.strip("/")
        if parts.scheme != "sim" or not parts.netloc or not camera or "/" in camera:
            raise ValueError(f"{url!r} is no simulated camera: write sim://<store>/<camera>?seed=7&speed=60")
        given = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        unknown = sorted(set(given) - _OPTIONS)
        if unknown:
            raise ValueError(f"unknown option {unknown[0]!r}; there are {', '.join(sorted(_OPTIONS))}")
        speed = _number(given, "speed", 60.0)
        if speed <= 0:
            raise ValueError(f"speed must be more than 0, not {speed:g}")
        time = SimTime(speed, _number(given, "offset_s", 0.0))
        seed, people = int(_number(given, "seed", 7)), bool(_number(given, "people", 1))
        return cls(parts.netloc, camera, seed, time, people, _folder(given.get("catalogue")))


def _folder(text: str | None) -> Path | None:
    if text is None:
        return None
    folder = Path(text)
    if not folder.is_absolute():
        raise ValueError(f"catalogue must be a folder's whole path from /, not {text!r}")
    return folder


def _number(given: dict[str, str], name: str, default: float) -> float:
    text = given.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError as exc:
        raise ValueError(f"{name} must be a number, not {text!r}") from exc
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, not {text!r}")
    return number
