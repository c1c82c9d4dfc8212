"""What a stage plugs into the loop: a pure handler, and adapters for the things around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from shelfstream.bus.api import Message, Partition, Record

State = TypeVar("State")
Item = TypeVar("Item")
Effect = TypeVar("Effect")


@dataclass(frozen=True, slots=True)
class Received(Generic[Item]):
    """A record together with what was decoded from it."""

    record: Record
    item: Item


@dataclass(frozen=True, slots=True)
class Outcome(Generic[State, Effect]):
    """What one batch leads to. Nothing of it has happened yet when a handler returns it.

    ``waves`` are sent in order: every message of one wave is acknowledged before the next wave is sent (levels
    before the events that they hold). ``effects`` are then applied (rows, pictures), durable before the commit.
    ``projections`` are told last; they must never block the commit.
    """

    state: State
    waves: tuple[tuple[Message, ...], ...] = ()
    effects: tuple[Effect, ...] = ()
    projections: tuple[object, ...] = ()


class Handler(Protocol[State, Item, Effect]):
    """The stage's own work, without I/O: what came in, and the state before it, give an ``Outcome``."""

    def decode(self, record: Record) -> Item | None:
        """Parse one record; ``None`` skips it (a record for others). Raises ``InvalidMessage``."""
        ...

    def handle(self, state: State, batch: Sequence[Received[Item]], now: datetime) -> Outcome[State, Effect]:
        """Work through a batch in order. An empty batch is a tick: time has passed and nothing came.

        Must leave ``state`` as it was: the batch may be handed in again. Raises ``InvalidMessage`` only for a
        batch of one record (the loop splits a batch in which a handler finds one).
        """
        ...


class StateStore(Protocol[State]):
    """Gives a stage its state back when partitions come, before the first batch, and drops it when they go."""

    def gained(self, state: State, partitions: Sequence[Partition], beat: Callable[[], None]) -> State:
        """The state with what belongs to these partitions. Call ``beat`` now and then: a long restore is no death."""
        ...

    def dropped(self, state: State, partitions: Sequence[Partition]) -> State: ...


class Stateless:
    """The ``StateStore`` of a stage that keeps nothing between batches."""

    def gained(self, state: None, partitions: Sequence[Partition], beat: Callable[[], None]) -> None:
        """Nothing to restore."""

    def dropped(self, state: None, partitions: Sequence[Partition]) -> None:
        """Nothing to drop."""


def _no_effects(effects: Sequence[object]) -> None:
    if effects:
        raise TypeError("this stage declares no effects, but its handler returned some")


def _no_projection(projections: Sequence[object]) -> None:
    if projections:
        raise TypeError("this stage declares no projection, but its handler returned some")


@dataclass(frozen=True)
class Stage(Generic[State, Item, Effect]):
    """One stage as the loop runs it. ``group`` names its consumer group, ``topics`` what it reads.

    ``apply`` makes effects durable and may raise ``Unavailable`` (it is then called again with the same effects).
    ``project`` tells readers what is true now; when its target is away it remembers that and returns.
    Records of an older owner than one already met are dropped before the handler, except in ``sees_fenced`` topics.
    """

    group: str
    topics: tuple[str, ...]
    handler: Handler[State, Item, Effect]
    initial: State
    store: StateStore[State]
    apply: Callable[[Sequence[Effect]], None] = field(default=_no_effects)
    project: Callable[[Sequence[object]], None] = field(default=_no_projection)
    sees_fenced: frozenset[str] = frozenset()
