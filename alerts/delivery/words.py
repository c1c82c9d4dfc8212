"""The words of messages, by language: files beside this module, so that another language is another file."""

from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from alerts.contract import GONE, OTHER_PRODUCT, REBUILT
from analytics.contract import SlotState
from shelfstream.errors import Fault, Faults
from shelfstream.settings.base import Settings
from shelfstream.text_files import read_yaml

_FOLDER = Path(__file__).parent / "languages"
_WHY = {GONE: "gone", OTHER_PRODUCT: "other_product", REBUILT: "rebuilt"}
_LARGE = 100.0


class Words(Settings):
    """All that messages say in one language; names in braces are filled in.

    ``ended``: why an alert was closed; ``cameras``: what may be wrong with one.
    """

    out: str
    low: str
    misplaced: str
    back: str
    ended: dict[str, str]
    places: str
    still_open: str
    not_taken: str
    not_refilled: str
    instead_of: str
    since: str
    after: str
    bring: str
    cost: str
    aisle: str
    bay: str
    shelf: str
    slot: str
    cameras: dict[str, str]
    camera_back: str
    seconds: str
    minutes: str
    clock: str
    day_and_clock: str
    decimal_mark: str

    def state(self, state: SlotState) -> str:
        """What is the matter with a slot."""
        told = {SlotState.OUT: self.out, SlotState.LOW: self.low, SlotState.MISPLACED: self.misplaced}
        return told.get(state, state.value)

    def why_ended(self, why: str | None) -> str:
        """Why an alert was closed; what is not named here was seen filled."""
        return self.ended.get(_WHY.get(why or "", why or ""), self.back)

    def length(self, seconds: float) -> str:
        """A stretch of time."""
        if seconds < 120:
            return self.seconds.format(count=f"{seconds:.0f}")
        return self.minutes.format(count=f"{seconds / 60:.0f}")

    def amount(self, amount: float) -> str:
        """Money as people write it: with cents where it is little."""
        return f"{amount:.0f}" if amount >= _LARGE else f"{amount:.2f}".replace(".", self.decimal_mark)


@lru_cache(maxsize=32)
def words_of(language: str) -> Words:
    """The words of a language that there is a file of. Raises ``Faults`` for one that cannot be used."""
    path = _FOLDER / f"{language}.yaml"
    document = read_yaml(path)
    if document.faults:
        raise Faults("words of messages", [Fault(f"{path.name}:{each.line}", each.what) for each in document.faults])
    try:
        return Words.model_validate(document.value)
    except ValidationError as exc:
        faults = [Fault(f"{path.name} {'.'.join(map(str, each['loc']))}", each["msg"]) for each in exc.errors()]
        raise Faults("words of messages", faults) from exc


def languages() -> tuple[str, ...]:
    """Languages that there are words of."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
