"""Whether a taught model may take the place of the one in force. Pure: figures in, reasons out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from detector.releases.trial import CameraTrial


@dataclass(frozen=True, slots=True)
class AcceptRules:
    """What a candidate must not do.

    On pictures kept aside it must be better in something, and in nothing worse by more than ``most_lost`` (false gaps a
    picture: ten times that). On live frames it must see at least ``least_again`` of the facings that the model in force
    sees, and may call ``most_new_gaps`` times as many places empty, ten being the least that counts.
    """

    most_lost: float = 0.03
    least_again: float = 0.7
    most_new_gaps: float = 2.0


@dataclass(frozen=True, slots=True)
class FigurePair:
    """A figure of the model in force and of the candidate, and whether more is better."""

    before: float
    after: float
    more_is_better: bool


_FALSE_GAPS = "false gaps a picture"
_LEAST_GAPS = 10


def objections(
    figures: Mapping[str, FigurePair], live: Mapping[tuple[str, str], CameraTrial], rules: AcceptRules | None = None
) -> list[str]:
    """Why the candidate should not be taken; nothing: it may be."""
    rules = rules or AcceptRules()
    return [*_of_figures(figures, rules), *_of_frames(live, rules)]


def _of_figures(figures: Mapping[str, FigurePair], rules: AcceptRules) -> Iterator[str]:
    if not figures:
        yield "it was not judged on any picture: nothing says that it is better"
        return
    if not any(_gain(each) > 0 for each in figures.values()):
        yield "it is better in nothing on the pictures kept aside"
    for name, pair in figures.items():
        lost, allowed = -_gain(pair), rules.most_lost * (10 if name == _FALSE_GAPS else 1)
        if lost > allowed:
            yield f"{name} goes from {pair.before:.3f} to {pair.after:.3f}: worse by more than {allowed:g}"


def _of_frames(live: Mapping[tuple[str, str], CameraTrial], rules: AcceptRules) -> Iterator[str]:
    for (store, camera), seen in live.items():
        place = f"camera {camera} of {store} ({seen.frames} frames)"
        if seen.facings_now and seen.facings_both < rules.least_again * seen.facings_now:
            share = seen.facings_both / seen.facings_now
            yield f"{place}: it sees {share:.0%} of the facings seen now; {rules.least_again:.0%} are needed"
        most = rules.most_new_gaps * max(seen.gaps_now, _LEAST_GAPS)
        if seen.gaps_candidate > most:
            yield f"{place}: {seen.gaps_candidate} gaps where the model in force sees {seen.gaps_now}"


def _gain(pair: FigurePair) -> float:
    return (pair.after - pair.before) * (1 if pair.more_is_better else -1)
