"""What goes out together: the alerts of one aisle in one message, in walking order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.delivery.policy import Waiting
from alerts.model import NotificationKind
from alerts.settings import DeliverySettings
from alerts.walking import place_on_walk
from shelfstream.catalogue.catalogue import Catalogue

BundleKey = tuple[str, str, NotificationKind, str]
"""Store, aisle, what is told, and for whom it stands in."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Messages that go out as one, in walking order; at least one. ``aisle`` is empty where bays name none."""

    aisle: str
    members: tuple[Waiting, ...]

    @property
    def first(self) -> Waiting:
        """The first place on the way."""
        return self.members[0]

    @property
    def key(self) -> BundleKey:
        """What belongs together."""
        return self.first.alert.store, self.aisle, self.first.telling, self.first.instead_of or ""

    @property
    def began_at(self) -> datetime:
        """Since when the oldest of them waits."""
        return min(each.written_at for each in self.members)


def bundled(waiting: Iterable[Waiting], catalogue: Catalogue, most: int) -> list[Bundle]:
    """Messages as they go out together: of one store, aisle and kind, ``most`` at a time. Ends of gaps go out alone."""
    found: dict[BundleKey, list[Waiting]] = {}
    alone = []
    for each in waiting:
        aisle = _aisle(each, catalogue)
        if each.telling is NotificationKind.CLEARED or most == 1:
            alone.append(Bundle(aisle, (each,)))
        else:
            found.setdefault(Bundle(aisle, (each,)).key, []).append(each)
    bundles = [
        Bundle(key[1], tuple(walk[first : first + most]))
        for key, walk in ((key, _walk(members, catalogue)) for key, members in found.items())
        for first in range(0, len(walk), most)
    ]
    return sorted([*alone, *bundles], key=lambda bundle: bundle.began_at)


def is_due(bundle: Bundle, last_sent_at: datetime | None, now: datetime, settings: DeliverySettings, most: int) -> bool:
    """Whether a bundle goes out now: it was gathered for a while, the last one of its aisle was a while ago, or it is
    full (of ``most`` members); what failed before does not wait again.
    """
    if bundle.first.telling is NotificationKind.CLEARED:
        return True
    if len(bundle.members) >= most or any(each.attempts for each in bundle.members):
        return True
    if now - bundle.began_at < timedelta(seconds=settings.bundle_wait_s):
        return False
    return last_sent_at is None or now - last_sent_at >= timedelta(seconds=settings.bundle_every_s)


def _walk(members: Iterable[Waiting], catalogue: Catalogue) -> list[Waiting]:
    return sorted(members, key=lambda each: place_on_walk(catalogue, each.alert.store, each.alert.bay, each.alert.slot))


def _aisle(waiting: Waiting, catalogue: Catalogue) -> str:
    bay = catalogue.bays.get((waiting.alert.store, waiting.alert.bay))
    return "" if bay is None else bay.aisle
