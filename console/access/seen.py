"""What of catalogue and pictures is there for a visitor that sees some stores only."""

from dataclasses import dataclass, field

from analytics.contract import EVIDENCE, PLATES
from console.reading import PictureSource
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.finding import subject_of

_PRODUCTS = "products"


@dataclass(frozen=True)
class SeenCatalogue:
    """The catalogue of some stores (``None``: of all), and the ids of the product pictures in it."""

    stores: frozenset[str] | None
    catalogue: Catalogue
    product_pictures: frozenset[str] = frozenset()

    @classmethod
    def of(cls, whole: Catalogue, stores: frozenset[str] | None) -> "SeenCatalogue":
        """What is there for who sees these stores."""
        if stores is None:
            return cls(None, whole)
        seen = Catalogue.of(each for each in whole.entities() if subject_of(each).store in stores)
        return cls(stores, seen, frozenset(each for product in seen.products.values() for each in product.pictures))

    def shows(self, picture_id: str) -> bool:
        """Whether a picture is of what is seen. Ids of frames and evidence name their store, those of products none."""
        kind, _, rest = picture_id.partition("/")
        if self.stores is None:
            return True
        if kind == _PRODUCTS:
            return picture_id in self.product_pictures
        return kind in (PLATES, EVIDENCE) and rest.partition("/")[0] in self.stores


@dataclass
class Views:
    """Views that were made of the newest catalogue, by stores: there are as many as accounts see different stores."""

    _whole: Catalogue | None = None
    _made: dict[frozenset[str] | None, SeenCatalogue] = field(default_factory=dict)

    def of(self, whole: Catalogue, stores: frozenset[str] | None) -> SeenCatalogue:
        """The view of these stores."""
        if self._whole is not whole:
            self._whole, self._made = whole, {}
        made = self._made.get(stores)
        if made is None:
            made = SeenCatalogue.of(whole, stores)
            if self._whole is whole:
                self._made[stores] = made
        return made


@dataclass(frozen=True)
class SeenPictures:
    """A picture store in which only what a view shows is there."""

    pictures: PictureSource
    view: SeenCatalogue

    def get(self, picture_id: str, /) -> bytes | None:
        """The picture, ``None`` where it is not there. Raises as the picture store does."""
        return self.pictures.get(picture_id) if self.view.shows(picture_id) else None

    def exists(self, picture_id: str, /) -> bool:
        """Whether it is there. Raises as the picture store does."""
        return self.view.shows(picture_id) and self.pictures.exists(picture_id)
