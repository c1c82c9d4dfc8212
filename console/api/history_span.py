"""The time that a question of history is about, and its answer as CSV."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from console.api.models import OosModel
from shelfstream.errors import Fault, Faults

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_YEARS = range(2000, 2200)


def check_span(start: datetime, stop: datetime, days_max: int) -> tuple[datetime, datetime]:
    """Both ends in UTC (a time without a zone counts as UTC). Raises ``Faults`` for one that cannot be asked about."""
    if outside := [name for name, moment in (("from", start), ("to", stop)) if moment.year not in _YEARS]:
        told = f"must lie between the years {_YEARS[0]} and {_YEARS[-1]}"
        raise Faults("question", [Fault(name, told) for name in outside])
    begins, ends = _utc(start), _utc(stop)
    if begins >= ends:
        raise Faults("question", [Fault("from", "must be before to")])
    if ends - begins > timedelta(days=days_max):
        raise Faults("question", [Fault("from", f"is more than {days_max} days before to; ask in parts")])
    return begins, ends


def oos_csv(rows: Iterable[OosModel]) -> str:
    """The rows as CSV with a head line, times in UTC; nothing in it can start a spreadsheet's formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = list(OosModel.model_fields)
    writer.writerow(names)
    for row in rows:
        told = row.model_dump(mode="json")
        writer.writerow([_cell(told[name]) for name in names])
    return out.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
