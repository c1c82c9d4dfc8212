"""Everything that the console reads, what it makes of one slot's past, and how it refuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from alerts.inbox import PastAlert
from analytics.history.slot_states import SlotStretch
from console.access.roles import Visitor
from console.answering import Answering
from console.health.machine import Machine
from console.reading import CatalogueSource, History, Inbox, Live, PictureSource
from console.setup.desk import CatalogueDesk
from console.setup.eyes import Eyes
from detector.train.label_folder import TeachingFolder
from shelfstream.errors import ShelfstreamError


class NotFound(ShelfstreamError):
    """What was asked for is not there."""


class NotAllowed(ShelfstreamError):
    """Whoever asks may not do this."""


class Closed(ShelfstreamError):
    """The alert is closed: there is nothing left to answer."""


class News(Protocol):
    """Who tells of changes; ``listening``: whether all of them are told now."""

    @property
    def listening(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class OpenNow:
    """How many alerts are open, and why that may be old."""

    count: int
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True)
class SlotPast:
    """A slot's last day, its newest alerts, and the addresses of each change's pictures that are there, by event."""

    stretches: tuple[SlotStretch, ...]
    alerts: tuple[PastAlert, ...]
    pictures: Mapping[str, tuple[str | None, str | None]]


@dataclass(frozen=True)
class ConsoleSources:
    """Everything that the console reads, and the way for answers."""

    live: Live
    inbox: Inbox
    history: History
    pictures: PictureSource
    catalogue: CatalogueSource
    answering: Answering
    eyes: Eyes
    desk: CatalogueDesk | None = None
    """Where changes are written; without it pages show what to write."""
    teaching: TeachingFolder | None = None
    """Pictures that people label; without it there is no page for it."""
    machine: Machine | None = None
    """Bus and SQL, for who looks after them."""


def check_store(sources: ConsoleSources, visitor: Visitor, store: str) -> None:
    """Raise ``NotFound`` for a store that is not there, or not for this visitor."""
    if store not in sources.catalogue.snapshot.catalogue.stores or not visitor.sees(store):
        raise NotFound(f"there is no store {store!r} in the catalogue")
