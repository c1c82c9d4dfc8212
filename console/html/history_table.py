"""Stretches out of stock as rows of a table."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from analytics.history.oos import OosInterval
from console.html.markup import Markup, el, joined

COLUMNS: tuple[dict[str, object], ...] = (
    {"name": "product", "label": "Product", "field": "product", "align": "left", "sortable": True},
    {"name": "place", "label": "Place", "field": "place", "align": "left", "sortable": True},
    {"name": "began", "label": "Seen out", "field": "began", "align": "left", "sortable": True},
    {"name": "ended", "label": "Out until", "field": "ended", "align": "left", "sortable": True},
    {"name": "minutes", "label": "Minutes", "field": "minutes", "align": "right", "sortable": True},
    {"name": "range", "label": "At least – at most", "field": "range", "align": "right"},
    {"name": "lost", "label": "Lost sales", "field": "lost", "align": "right", "sortable": True},
)

_LISTED = 60


def history_rows(intervals: Sequence[OosInterval], zone: ZoneInfo) -> list[dict[str, object]]:
    """One row per stretch, the newest first; times on the store's clock."""
    return [_row(each, zone) for each in sorted(intervals, key=lambda each: each.began_at, reverse=True)]


def history_list(rows: Sequence[dict[str, object]]) -> Markup:
    """The newest rows again as a list, for a screen that is too narrow for a table."""
    items = [
        el(
            "li",
            el("span", str(row["product"]), el("small", str(row["place"])), cls="what"),
            el("span", f"{row['minutes']} min", cls="why"),
            el("span", f"{row['began']} to {row['ended']}", cls="when"),
            cls="item closed",
        )
        for row in rows[:_LISTED]
    ]
    more = len(rows) - _LISTED
    rest = el("p", f"and {more} more: ask about fewer days, or take the CSV file", cls="item why") if more > 0 else None
    return joined(el("ul", *items, cls="items"), rest) if items else el("p", "Nothing was out.", cls="nothing")


def matching(intervals: Sequence[OosInterval], text: str) -> list[OosInterval]:
    """Those whose product, GTIN or slot holds this text, whatever its case."""
    wanted = text.strip().casefold()
    return [each for each in intervals if wanted in f"{each.product} {each.gtin} {each.slot}".casefold()]


def history_sums(intervals: Sequence[OosInterval], currency: str) -> Markup:
    """The figures above the table."""
    lost = [each.lost_sales for each in intervals if each.lost_sales is not None]
    minutes = sum(each.minutes_out for each in intervals)
    return el(
        "div",
        _sum(str(len(intervals)), "times out"),
        _sum(str(len({each.gtin for each in intervals})), "products"),
        _sum(f"{minutes:,.0f}", "minutes out"),
        _sum(f"{sum(lost):,.2f} {currency}" if lost else "–", "lost sales (estimate)"),
        cls="figures sums",
    )


def _sum(value: str, label: str) -> Markup:
    return el("div", el("div", value, cls="value"), el("div", label, cls="label"), cls="figure")


def _row(each: OosInterval, zone: ZoneInfo) -> dict[str, object]:
    return {
        "id": each.event_id,
        "product": each.product or each.gtin,
        "place": f"{each.bay} / {each.slot}",
        "began": _local(each.began_at, zone),
        "ended": "still out" if each.ended_at is None else _local(each.ended_at, zone),
        "minutes": round(each.minutes_out, 1),
        "range": f"{each.minutes_out_min:.1f} – {each.minutes_out_max:.1f}",
        "lost": None if each.lost_sales is None else round(each.lost_sales, 2),
    }


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
