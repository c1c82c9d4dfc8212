"""Times on pages. What grows with time is counted in the browser, so that it goes on also when the server is gone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from console.markup import Markup, el


def ago(moment: datetime) -> Markup:
    """How long ago something was, such as ``12 s ago``, kept true by the page's script."""
    return el("time", data_since=_epoch_s(moment), data_form="ago", datetime=moment.isoformat())


def lasting(moment: datetime) -> Markup:
    """For how long something has lasted, such as ``3 min``, kept true by the page's script."""
    return el("time", data_since=_epoch_s(moment), data_form="lasting", datetime=moment.isoformat())


def clock_time(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The time of day on the store's clock; with the day, where that is not today."""
    local = moment.astimezone(zone)
    same_day = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M}" if same_day else f"{local:%a %d %b, %H:%M}"


def _epoch_s(moment: datetime) -> str:
    return f"{moment.timestamp():.1f}"
