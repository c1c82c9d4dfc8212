"""When a product went missing, as quantiles: how much of the belief that it is gone had come about by when.

Beside the chances of now, a slot remembers a few past moments and, of each hidden state without the product, which
share of its chance had arrived by then and stayed (the age of a spell in a hidden semi-Markov chain; Yu (2010): Hidden
semi-Markov models. Artificial Intelligence 174). What is seen later weighs those shares anew: a gap
that showed once, hidden behind a passer-by a minute later, is the beginning after all when the gap comes back.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from analytics.believing.hidden import HIDINGS, HiddenSpace
from analytics.believing.sensor import Floats
from analytics.contract import Arrivals, Onset, Sighting, SlotLevel, SlotState

_KEPT = 6
_NONE = 1e-30
LITTLE = 0.01
"""Less belief than this that it is missing is taken for none."""


@dataclass(frozen=True, slots=True)
class Chances:
    """A look of a slot, as chances by state (states,): before the time that passed, after that, and after the look.

    ``later`` (states, states) is what that time does.
    """

    before: Floats
    expected: Floats
    after: Floats
    later: Floats


def nothing_missing(at: datetime) -> Arrivals:
    """At that moment the product was there."""
    return Arrivals.model_construct(at=(at,))


def arrivals_after(
    arrivals: Arrivals, space: HiddenSpace, chances: Chances, at: datetime, *, same_camera: bool
) -> Arrivals:
    """What is remembered after a look at ``at``. Another camera reads the same stock otherwise."""
    gone, moments = space.gone, arrivals.at
    expected = chances.expected[gone]
    # What had arrived by a moment and is still missing now, as a share of all that is.
    stayed = (shares_of(arrivals, space) * chances.before[gone]) @ chances.later[np.ix_(gone, gone)]
    shares = stayed / np.maximum(expected, _NONE)
    if not same_camera:
        shares = _by_stock(shares, space, expected)
    moments = (*moments, max(at, moments[-1]) if moments else at)
    kept = _thinned(np.vstack([shares.clip(0, 1), np.ones(len(gone))]), chances.after[gone])
    packed = base64.b64encode(kept[1].astype("<f4").tobytes()).decode()
    # Not validated again: these are times of frames and our own shares.
    return Arrivals.model_construct(at=tuple(moments[place] for place in kept[0]), shares=packed)


def arrived_between(
    arrivals: Arrivals, space: HiddenSpace, after: Floats, level: float
) -> tuple[datetime, datetime] | None:
    """Between which moments it went missing, with that probability at least; ``None`` where nothing is remembered."""
    mass = after[space.gone]
    if not arrivals.at or float(mass.sum()) <= 0:
        return None
    by_then, tail = shares_of(arrivals, space) @ mass / mass.sum(), (1 - level) / 2
    earliest, latest = np.flatnonzero(by_then <= tail), np.flatnonzero(by_then >= 1 - tail)
    return arrivals.at[earliest[-1] if len(earliest) else 0], arrivals.at[latest[0] if len(latest) else -1]


def shares_of(arrivals: Arrivals, space: HiddenSpace) -> Floats:
    """(moments, gone states) shares 0…1; of none, or of another plan's number of states, nothing had arrived."""
    shape = len(arrivals.at), len(space.gone)
    try:
        raw = np.frombuffer(base64.b64decode(arrivals.shares), "<f4").astype(np.float64)
    except ValueError:
        raw = np.empty(0)
    if len(raw) != shape[0] * shape[1] or not np.isfinite(raw).all():
        return np.zeros(shape)
    return np.asarray(raw.reshape(shape).clip(0, 1))


def seen_between(level: SlotLevel, first: Sighting, before: Sighting | None, here: Sighting, chance: float) -> Onset:
    """From where the state before was last sure to where the new one was first seen, and that within what came before.

    A late frame may have been taken before its slot became UNKNOWN, and a clock may have been set back since ``first``.
    """
    latest = min(first.at, here.at)
    if level.state is SlotState.UNKNOWN:
        latest = max(latest, level.since)
    earliest = latest if before is None else min(before.at, latest)
    return Onset(earliest=earliest, latest=latest, level=chance)


def missing_since(level: SlotLevel, between: tuple[datetime, datetime], here: Sighting, probability: float) -> Onset:
    """A product went missing between two moments, with that probability; not before the slot was UNKNOWN, if it is."""
    latest = min(between[1], here.at)
    if level.state is SlotState.UNKNOWN:
        latest = max(latest, level.since)
    return Onset(earliest=min(between[0], latest), latest=latest, level=probability)


def by_state(chances: Floats) -> Floats:
    """(…, states): chances over states × hidings, summed over who stands before them."""
    return np.asarray(chances.reshape(*chances.shape[:-1], -1, len(HIDINGS)).sum(-1))


def _by_stock(shares: Floats, space: HiddenSpace, expected: Floats) -> Floats:
    """Shares of empty and of misplaced alone: how another camera reads them is another matter."""
    misplaced = np.array([space.states[place].misplaced for place in space.gone])
    found = np.empty_like(shares)
    for kind in (misplaced, ~misplaced):
        found[:, kind] = (shares[:, kind] @ expected[kind] / max(float(expected[kind].sum()), _NONE))[:, None]
    return found


def _thinned(shares: Floats, mass: Floats) -> tuple[list[int], Floats]:
    """The first moment, the last, and of those between the ones at which most arrived: their places and rows."""
    places, by_then = list(range(len(shares))), (shares @ mass).tolist()
    while len(places) > _KEPT:
        arrived = [by_then[after] - by_then[before] for before, after in zip(places, places[2:], strict=False)]
        del places[1 + arrived.index(min(arrived))]
    return places, shares[places]
