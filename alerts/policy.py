"""When a state of a slot becomes an alert: what the settings and the store's opening hours say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.settings import AlertsSettings
from analytics.contract import SlotState
from shelfstream.catalogue.hours import open_intervals
from shelfstream.catalogue.model import Store

StoreOf = Callable[[str], Store | None]
_LOOKED_AHEAD = timedelta(days=15)
_SEVERITY = {SlotState.LOW: 1, SlotState.OUT: 2}


@dataclass(frozen=True)
class Policy:
    """``store_of`` gives a store of the catalogue; one that is not there counts as always open."""

    raise_on: frozenset[SlotState]
    raise_after: timedelta
    refilled_grace: timedelta
    only_when_open: bool
    store_of: StoreOf

    @classmethod
    def of(cls, settings: AlertsSettings, store_of: StoreOf) -> "Policy":
        """The policy that these settings say."""
        return cls(
            raise_on=settings.raise_on,
            raise_after=timedelta(seconds=settings.raise_after_s),
            refilled_grace=timedelta(seconds=settings.refilled_grace_s),
            only_when_open=settings.only_when_open,
            store_of=store_of,
        )

    def open_from(self, store_id: str, at: datetime) -> datetime:
        """The first moment at or after ``at`` at which an alert may be raised.

        A store that does not open for a fortnight is looked at again after that.
        """
        store = self.store_of(store_id) if self.only_when_open else None
        if store is None:
            return at
        first = next(open_intervals(store, at, at + _LOOKED_AHEAD), None)
        return at + _LOOKED_AHEAD if first is None else first.starts_at


def is_worse(state: SlotState, than: SlotState) -> bool:
    """Whether people who know of ``than`` must be told of ``state`` as well."""
    return _SEVERITY.get(state, 0) > _SEVERITY.get(than, 0)
