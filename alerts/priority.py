"""What a gap costs: money at risk for each hour in which the product is missing while the store is open."""

from datetime import datetime

from analytics.contract import Belief
from shelfstream.catalogue.hours import day_interval, local_day, open_seconds
from shelfstream.catalogue.model import Product, Slot, Store

_HOUR_S = 3600.0
_LARGE = 100.0


def at_risk_per_h(product: Product | None, store: Store | None, at: datetime, chance: float = 1.0) -> float | None:
    """Price times what is sold in an open hour of that day, times the ``chance`` that the product is missing.

    In the store's currency, a promotion's sales included. Sales of a day are spread evenly over the hours for which the
    store is open on the local day of ``at``; a day on which it is closed counts as one of 24 hours. ``None`` where
    price or sales are not known.
    """
    if product is None or product.price is None:
        return None
    sold = product.sold_on(at.date() if store is None else local_day(store, at))
    return None if sold is None else float(product.price) * sold / _open_hours(store, at) * chance


def rank(per_h: float | None, slot: Slot) -> float:
    """What comes first: money at risk, up to twice as much where the shelf must look full.

    How full it must look is the presentation minimum among the planned facings.
    """
    return (per_h or 0.0) * (1.0 + min(1.0, slot.presentation_min / slot.facings_planned))


def chance_missing(belief: Belief) -> float:
    """How likely the planned product is not to be had: nothing stands there, or something else does."""
    return min(1.0, belief.out + belief.misplaced)


def cost_text(per_h: float | None, currency: str) -> str:
    """What it costs, as people say it: with cents where it is little; empty where nothing is known, or nothing lost."""
    if not per_h:
        return ""
    amount = f"{per_h:,.0f}" if per_h >= _LARGE else f"{per_h:.2f}"
    return f"{amount} {currency} an hour"


def _open_hours(store: Store | None, at: datetime) -> float:
    if store is None:
        return 24.0
    day = day_interval(store, local_day(store, at))
    return open_seconds(store, day.starts_at, day.ends_at) / _HOUR_S or 24.0
