"""The two plain files that the scorer reads: what truly was, and what a system said. One JSON object a line.

The truth: ``{"kind": "place", "place": P, "camera": C}`` for every slot that is watched, ``{"kind": "open",
"camera": C, "begins": T, "ends": T}`` for every stretch of opening that a camera watched, and ``{"kind": "episode",
"place": P, "began_at": T, "ended_at": T}`` for every time without the planned product (``ended_at`` null: it lasted to
the end).

What a system said: ``{"place": P, "at": T, "state": "out" | "available" | "unknown"}`` whenever the state that it tells
of a place changes; with ``out`` it may say between which times that began: ``"earliest": T, "latest": T``. And it may
tell now and then how sure it is that the product is missing: ``{"place": P, "at": T, "chance_out": 0.93}``.
Times are ISO 8601 with their zone.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shelfstream.errors import Fault, Faults


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Row):
    """A slot that is watched."""

    kind: Literal["place"] = "place"
    place: str
    camera: str


class Opening(_Row):
    """A stretch of opening that a camera watched: one camera-day."""

    kind: Literal["open"] = "open"
    camera: str
    begins: AwareDatetime
    ends: AwareDatetime


class Episode(_Row):
    """A time without the planned product in a place."""

    kind: Literal["episode"] = "episode"
    place: str
    began_at: AwareDatetime
    ended_at: AwareDatetime | None


class Told(_Row):
    """From ``at`` on a system tells this of a place."""

    place: str
    at: AwareDatetime
    state: Literal["out", "available", "unknown"]
    earliest: AwareDatetime | None = None
    latest: AwareDatetime | None = None


class Sure(_Row):
    """How sure a system is that a place is out, at a moment at which it says something of it at all."""

    place: str
    at: AwareDatetime
    chance_out: Annotated[float, Field(ge=0, le=1)]


TruthRow = Place | Opening | Episode
Row = TypeVar("Row")
_truth_row: TypeAdapter[TruthRow] = TypeAdapter(Annotated[TruthRow, Field(discriminator="kind")])
_said: TypeAdapter[Told | Sure] = TypeAdapter(Told | Sure)


def read_truth(path: Path) -> list[TruthRow]:
    """Raises ``Faults`` with every line that is wrong."""
    return list(_rows(path, _truth_row))


def read_said(path: Path) -> list[Told | Sure]:
    """Raises ``Faults`` with every line that is wrong."""
    return list(_rows(path, _said))


def write_rows(path: Path, rows: Iterable[TruthRow | Told | Sure]) -> None:
    """One JSON object a line."""
    path.write_text("".join(row.model_dump_json(exclude_none=not isinstance(row, Episode)) + "\n" for row in rows))


def _rows(path: Path, adapter: TypeAdapter[Row]) -> Iterator[Row]:
    faults, rows = [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(adapter.validate_json(line))
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_input=False)[0]
            faults.append(Fault(f"{path}:{number}", f"{'.'.join(map(str, first['loc']))}: {first['msg']}"))
    if faults:
        raise Faults(f"rows of {path}", faults)
    yield from rows
