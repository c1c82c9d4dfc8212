"""How states of slots are told to people: words, signs, and a class that the style sheet gives a colour."""

from analytics.contract import SlotState, UnknownReason
from console.markup import Markup, el

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
    UnknownReason.UNREADABLE: "its record cannot be read",
    UnknownReason.RETIRED: "no longer planned",
}


def state_class(state: SlotState) -> str:
    """The class of a state in the style sheet."""
    return f"is-{state.value.lower()}"


def chip(state: SlotState, text: str | None = None) -> Markup:
    """A state as a small coloured label that needs no colour to be understood."""
    return el("span", el("b", SIGNS[state], aria_hidden="true"), text or WORDS[state], cls=f"chip {state_class(state)}")
