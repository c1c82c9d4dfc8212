"""Keeps the galleries of all stores up with the catalogue: new reference pictures are looked at, known ones kept."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import structlog

from detector.gallery.gallery import Gallery, Look, Reference, gallery_of
from detector.gallery.look_cache import LookCache
from detector.jpeg import Image
from shelfstream.bus.api import Reader
from shelfstream.catalogue.catalogue import CatalogueSnapshot
from shelfstream.catalogue.view import CatalogueView
from shelfstream.clock import Clock
from shelfstream.errors import InvalidMessage, Unavailable

_log = structlog.get_logger(__name__)

_EMPTY = Gallery()


LookOf = Callable[[Image], Look]
OpenPicture = Callable[[bytes], Image]


class PictureReader(Protocol):
    """The part of the picture store that galleries need."""

    def get(self, picture_id: str, /) -> bytes | None: ...


class GalleryStore:
    """The gallery of each store. ``refresh`` belongs to one thread; ``of`` may be called from any.

    A refresh looks at pictures for ``budget_s`` at most and goes on at the next, so that a catalogue of thousands of
    products delays frames by little; what is known already is recognised meanwhile. While the picture store is away,
    or for a picture that cannot be read, products stay unknown: detection never waits for recognition.
    """

    def __init__(
        self,
        view: CatalogueView,
        reader: Reader,
        pictures: PictureReader,
        cache: LookCache,
        *,
        open_picture: OpenPicture,
        look_of: LookOf,
        clock: Clock,
        budget_s: float,
    ) -> None:
        self._view = view
        self._reader = reader
        self._pictures = pictures
        self._cache = cache
        self._open_picture = open_picture
        self._look_of = look_of
        self._clock = clock
        self._budget_s = budget_s
        self._galleries: Mapping[str, Gallery] = MappingProxyType({})
        self._refused: set[str] = set()
        self._complete = False

    def of(self, store: str) -> Gallery:
        """The store's gallery as of the last refresh; empty for a store without products."""
        return self._galleries.get(store, _EMPTY)

    def refresh(self) -> None:
        """Take up what is new. Never raises for what is away: it is tried again at the next refresh."""
        try:
            changed = self._view.refresh(self._reader)
        except Unavailable as away:
            _log.warning("catalogue_unavailable", what=away.what)
            return
        if changed or not self._complete:
            self._build(self._view.snapshot)

    def _build(self, snapshot: CatalogueSnapshot) -> None:
        until_s = self._clock.monotonic_s() + self._budget_s
        self._complete = True
        wanted: dict[str, list[Reference]] = {}
        looks: dict[str, list[Look]] = {}
        for (store, _), product in sorted(snapshot.catalogue.products.items()):
            for picture_id in product.pictures:
                look = self._look(picture_id, until_s)
                if look is not None:
                    wanted.setdefault(store, []).append(Reference(product.gtin, picture_id))
                    looks.setdefault(store, []).append(look)
        built = {store: gallery_of(references, looks[store]) for store, references in wanted.items()}
        self._galleries = MappingProxyType(built)
        _log.info("galleries", complete=self._complete, pictures={s: len(g.references) for s, g in built.items()})

    def _look(self, picture_id: str, until_s: float) -> Look | None:
        known = self._cache.get(picture_id)
        if known is not None or picture_id in self._refused:
            return known
        if self._clock.monotonic_s() > until_s:
            self._complete = False
            return None
        try:
            data = self._pictures.get(picture_id)
            if data is None:
                self._complete = False
                return None
            look = self._look_of(self._open_picture(data))
        except Unavailable as away:
            _log.warning("pictures_unavailable", what=away.what, picture=picture_id)
            self._complete = False
            return None
        except InvalidMessage as exc:
            _log.warning("reference_picture_refused", picture=picture_id, reason=exc.reason)
            self._refused.add(picture_id)
            return None
        self._cache.put(picture_id, look)
        return look
