"""What analytics emits: slot levels on ``shelf.levels``, changes of state on ``shelf.events``, and ids of pictures.

A level is the outbox of its events: it carries its slot's newest transitions, each with its sequence number,
and is acknowledged before the events are sent. Whoever restores a partition sends again what it finds in it.

Both are as strict as those who store them: what decodes can be written to SQL, and its frames name pictures. Plates are
whole frames, kept for a short time; evidence is a crop of the slot alone, kept as long as its event.
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field

from ingest.contract import FrameId
from shelfstream.bus.api import Message, Record
from shelfstream.bus.ownership import is_claim
from shelfstream.bus.topics import EVENTS, LEVELS
from shelfstream.errors import InvalidMessage
from shelfstream.identifiers import Gtin, Slug, key_of
from shelfstream.wire import UtcTime, Wire

YEARS = range(2000, 2200)
"""A time outside of these is a fault of some clock or sender."""

NAME_MOST = 256
"""Characters that the name of a model, of settings or of a plan may have."""

_SEQUENCE_MOST = 2**53
_LEVEL_SEQUENCE_MOST = 2**52  # below that of transitions, so that a level which can be read can always go on
_FRAMES_MOST = 8
_MIND_MOST = 4096
_ARRIVALS_MOST = 16

PLATES = "plates"
EVIDENCE = "evidence"


def _within_years(moment: datetime) -> datetime:
    if moment.year not in YEARS:
        raise ValueError(f"a time outside of the years {YEARS.start} to {YEARS.stop - 1}")
    return moment


Moment = Annotated[UtcTime, AfterValidator(_within_years)]
Name = Annotated[str, Field(max_length=NAME_MOST)]
Probability = Annotated[float, Field(ge=0, le=1)]
Mind = Annotated[str, Field(max_length=_MIND_MOST)]
"""Chances over a slot's hidden states, packed: see ``analytics.believing.belief``."""


class SlotState(StrEnum):
    """What is believed of a slot. ``UNKNOWN`` is never counted as stocked or as out."""

    STOCKED = "STOCKED"
    LOW = "LOW"
    OUT = "OUT"
    MISPLACED = "MISPLACED"
    UNKNOWN = "UNKNOWN"


AVAILABLE = frozenset({SlotState.STOCKED, SlotState.LOW})
"""States in which a shopper finds the product. On-shelf availability is the share of what is *known* that is in one of
them, wherever it is told: a product that stands elsewhere, or another one in its place, is not there to be bought."""


class UnknownReason(StrEnum):
    """Why a slot is not known."""

    NEVER_SEEN = "never_seen"
    BLOCKED = "blocked"
    DARK = "dark"
    MOVED = "moved"
    """The camera hangs elsewhere than when it was calibrated."""
    OFFLINE = "offline"
    STALE = "stale"
    NO_CAMERA = "no_camera"
    """No camera is calibrated for the slot any more."""
    RESET = "reset"
    """Its bay is declared to be rebuilt."""
    UNREADABLE = "unreadable"
    RETIRED = "retired"
    """The slot is no longer planned: nothing more comes from it, and what is open about it can be closed."""


class Belief(Wire):
    """Posterior over the hidden states of a slot; sums to one but for rounding."""

    stocked: Probability
    low: Probability
    out: Probability
    misplaced: Probability


class Onset(Wire):
    """When a state began: between ``earliest`` and ``latest``, with probability ``level``.

    That a product went missing is told by quantiles of the belief. Another change lies between where the state before
    was last seen for sure and where this one was first seen. Both are the same where nothing was known before: the
    state was so when it was first seen.
    """

    earliest: Moment
    latest: Moment
    level: Probability


class Versions(Wire):
    """What a decision was made with."""

    model: Name = ""
    settings: Name = ""
    planogram: Name = ""


class Transition(Wire):
    """One change of a slot's state. ``decided_at`` is the receive time of the frame that decided it, or when nothing
    had been seen for too long; where the frame came late, the end of its own onset.

    ``sequence`` grows with every change of the slot, for ever and across removals of the slot: the first one is a
    little above the second (of Unix time) in which the slot was first met. ``frames`` are ids, oldest first: where
    the state before was last seen for sure (only where ``onset`` has a width), where this one was first seen, and
    where it was decided. ``other`` is the product that a MISPLACED slot was last seen to hold; ``faced_over``: it is
    that of a slot beside it, whose goods were drawn over the gap.
    """

    sequence: Annotated[int, Field(ge=1, le=_SEQUENCE_MOST)]
    gtin: Gtin
    before: SlotState
    state: SlotState
    reason: UnknownReason | None = None
    onset: Onset
    decided_at: Moment
    confidence: Probability
    level: Probability | None = None
    frames: Annotated[tuple[FrameId, ...], Field(max_length=_FRAMES_MOST)] = ()
    versions: Versions = Versions()
    other: Gtin | None = None
    faced_over: bool = False


class SeenFrame(Wire):
    """The last frame of one camera that a slot's belief has taken in.

    ``dark``: nothing of the bay was to be seen; ``moved``: the camera did not hang as it was calibrated; ``looked_at``:
    when this camera showed the slot last, in this frame or an earlier one (``None``: never).
    """

    epoch: Annotated[int, Field(ge=0)]
    sequence: Annotated[int, Field(ge=0)]
    received_at: Moment
    dark: bool = False
    moved: bool = False
    looked_at: Moment | None = None


class Sighting(Wire):
    """A moment at which something was seen, and the frame in which it was; no frame where a person said so."""

    at: Moment
    frame: FrameId | Literal[""]


class Arrivals(Wire):
    """Moments in order, and of each hidden state without the product which share of its chance had arrived by then.

    ``shares``: a row a moment, float32 in base64; empty where nothing had arrived at any of them.
    """

    at: Annotated[tuple[Moment, ...], Field(max_length=_ARRIVALS_MOST)] = ()
    shares: Annotated[str, Field(max_length=_MIND_MOST)] = ""


class SlotLevel(Wire):
    """The exact belief of one slot, enough to go on from.

    ``revision`` grows with every frame, tick or answer that changed it, ``transition_sequence`` only with changes of
    state. ``minds`` are by camera what is believed in full, ``belief`` its summary, ``arrivals`` since when the product
    may be missing. ``level`` is the share of planned facings believed to be there, ``level_between`` the two that it
    lies between nine times in ten; ``units_missing`` how many to bring. ``other`` is the wrong product that was seen
    there last, ``faced_over`` whether it is that of a slot beside it.
    ``known`` is the newest state that was not UNKNOWN, ``sure`` when it was last seen for sure, and ``suspects``
    where other states were first seen since then. ``transitions`` holds the newest few, oldest first.
    """

    store: Slug
    slot: Slug
    bay: Slug
    gtin: Gtin
    revision: Annotated[int, Field(ge=1)]
    transition_sequence: Annotated[int, Field(ge=0, le=_LEVEL_SEQUENCE_MOST)]
    state: SlotState
    reason: UnknownReason | None = None
    since: Moment
    belief: Belief
    minds: dict[str, Mind] = Field(default_factory=dict)
    arrivals: Arrivals = Arrivals()
    level: Probability | None = None
    level_between: tuple[Probability, Probability] | None = None
    units_missing: int | None = None
    other: Gtin | None = None
    faced_over: bool = False
    known: SlotState | None = None
    sure: Sighting | None = None
    suspects: dict[SlotState, Sighting] = Field(default_factory=dict)
    last_stocked_at: Moment | None = None
    last_seen_at: Moment | None = None
    updated_at: Moment
    seen: dict[str, SeenFrame] = Field(default_factory=dict)
    answers_applied: tuple[str, ...] = ()
    transitions: tuple[Transition, ...] = ()

    def message(self) -> Message:
        """The level as it goes on the bus."""
        return Message(LEVELS, key_of(self.store, self.slot), self.encode())


class StockEvent(Wire):
    """One change of a slot's state, as everybody downstream learns of it. ``event_id`` makes a repeat harmless."""

    event_id: str
    store: Slug
    slot: Slug
    bay: Slug
    transition: Transition
    emitted_at: Moment

    @classmethod
    def decode(cls, value: bytes | None) -> Self:
        """Parse an event; its id must be its own, and its frames its store's. Raises ``InvalidMessage``."""
        event = super().decode(value)
        if event.event_id != event_id_of(event.store, event.slot, event.transition.sequence):
            raise InvalidMessage("StockEvent: event_id is not that of this store, slot and sequence")
        if any(frame.partition("/")[0] != event.store for frame in event.transition.frames):
            raise InvalidMessage("StockEvent: a frame is another store's")
        return event

    def message(self) -> Message:
        """The event as it goes on the bus."""
        return Message(EVENTS, key_of(self.store, self.slot), self.encode())


def event_id_of(store: str, slot: str, sequence: int) -> str:
    """The same transition has the same id, however often it is sent."""
    return hashlib.sha256(key_of(store, slot, str(sequence)).encode()).hexdigest()[:32]


def read_event(record: Record) -> StockEvent | None:
    """What stands on ``shelf.events``; ``None`` for a claim of the partition. Raises ``InvalidMessage``."""
    if is_claim(record):
        return None
    event = StockEvent.decode(record.value)
    if record.key != key_of(event.store, event.slot).encode():
        raise InvalidMessage(f"event of {event.store}/{event.slot} under the key {record.key!r}")
    return event


EvidenceMoment = Literal["before", "after"]


def plate_id(frame_id: str) -> str:
    """Picture id of a frame, given its frame id ``store/camera/epoch-sequence``."""
    return f"{PLATES}/{frame_id}.jpg"


def evidence_id(store: str, event_id: str, moment: EvidenceMoment) -> str:
    """Picture id of an event's crop: ``before``, where the former state was last seen, or ``after``, the new one."""
    return f"{EVIDENCE}/{store}/{event_id}/{moment}.jpg"
