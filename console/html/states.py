"""How states and times are told to people: words, signs, classes of the style sheet; times counted in the browser."""

from datetime import datetime
from zoneinfo import ZoneInfo

from analytics.contract import SlotState, UnknownReason
from console.html.markup import Markup, el

WORDS = {
    SlotState.STOCKED: "Stocked",
    SlotState.LOW: "Low",
    SlotState.OUT: "Out",
    SlotState.MISPLACED: "Wrong product",
    SlotState.UNKNOWN: "Unknown",
}
SIGNS = {
    SlotState.STOCKED: "✓",
    SlotState.LOW: "↓",
    SlotState.OUT: "✕",
    SlotState.MISPLACED: "≠",
    SlotState.UNKNOWN: "?",
}
REASONS = {
    UnknownReason.NEVER_SEEN: "not seen yet",
    UnknownReason.BLOCKED: "something is in the way",
    UnknownReason.DARK: "too dark",
    UnknownReason.MOVED: "the camera was moved",
    UnknownReason.OFFLINE: "its camera is offline",
    UnknownReason.STALE: "no picture for too long",
    UnknownReason.NO_CAMERA: "no camera is calibrated for it",
    UnknownReason.RESET: "its bay is being rebuilt",
    UnknownReason.UNREADABLE: "its record cannot be read",
    UnknownReason.RETIRED: "no longer planned",
}


def state_class(state: SlotState) -> str:
    """The class of a state in the style sheet."""
    return f"is-{state.value.lower()}"


def chip(state: SlotState, text: str | None = None) -> Markup:
    """A state as a small coloured label that needs no colour to be understood."""
    return el("span", el("b", SIGNS[state], aria_hidden="true"), text or WORDS[state], cls=f"chip {state_class(state)}")


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
