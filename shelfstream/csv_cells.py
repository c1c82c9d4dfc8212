"""CSV for people: a head line, rows, and nothing that a spreadsheet would run.

Names of products and slots come from people and from catalogues of others. A cell that begins like a formula is run by
the spreadsheet that opens it, so it gets a quote in front, as OWASP's advice on CSV injection says.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import chain

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_DECIMALS = 4


def csv_text(names: Sequence[str], rows: Iterable[Sequence[object]], zone: tzinfo = UTC) -> str:
    """A head line and the rows, as ``csv_lines`` gives them."""
    return "".join(csv_lines(names, rows, zone))


def csv_lines(names: Sequence[str], rows: Iterable[Sequence[object]], zone: tzinfo = UTC) -> Iterator[str]:
    """A head line and the rows, one after the other, as text with plain line ends.

    Times are told in ``zone``, with their offset and to the second; numbers to four decimals, whole ones without any;
    what is not known (``None``) is an empty cell.
    """
    for row in chain([names], ([_cell(value, zone) for value in row] for row in rows)):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(row)
        yield out.getvalue()


def _cell(value: object, zone: tzinfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, float):
        return f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return harmless_cell(str(value))


def harmless_cell(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
