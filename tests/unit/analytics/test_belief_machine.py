"""The rules of a slot against a plain model: the forward algorithm of a hidden Markov chain, in dictionaries.

Two cameras look, look again, cannot see the slot, send frames late or twice; people answer and time passes, in any
order. The model knows nothing of arrays, packing, bays or levels; the chain and the sensor's table are given to both.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from analytics.believing.change import Change
from analytics.believing.hidden import HIDINGS, space_of
from analytics.believing.sensor import SeenAs, Sensor
from analytics.contract import SlotLevel, SlotState, Versions
from analytics.looking.observe import Appearance
from analytics.plans.watching import Watching
from shelfstream.answers import Answer, AnswerKind
from tests.unit.analytics.analytics_shelf import (
    GTINS,
    NEED,
    RULES,
    SEEN_AS,
    SETTINGS,
    SLOTS,
    START,
    STORE,
    SlotLook,
    looked_at,
    slot,
)

PLANNED = 3
STALE_AFTER_S = 900.0
CAMERAS = ("c1", "c2")
FAR_S = 3600.0
"""Nothing was seen yet: as if so much time had passed."""

Mind = dict[int, float]
_SENSOR = Sensor(SETTINGS.sensor)
_SPACE = space_of(PLANNED)
_CHANGE = Change(_SPACE, SETTINGS.belief.change, _SENSOR)
_TABLE = _SENSOR.likelihoods(_SPACE).tolist()
_STANDING = [PLANNED + 1 if each.misplaced else each.standing for each in _SPACE.states for _ in HIDINGS]
_SAID = {AnswerKind.REFILLED: {SlotState.STOCKED}, AnswerKind.NOT_EMPTY: {SlotState.STOCKED, SlotState.LOW}}


def state_of(place: int) -> SlotState:
    """The state that a hidden one belongs to."""
    standing = _STANDING[place]
    if standing == 0:
        return SlotState.OUT
    if standing > PLANNED:
        return SlotState.MISPLACED
    return SlotState.STOCKED if standing >= NEED else SlotState.LOW


def whole(mind: Mind) -> Mind:
    """The same with a sum of one."""
    total = sum(mind.values())
    return {place: max(SETTINGS.belief.floor, chance / total) for place, chance in mind.items()}


def later(mind: Mind, seconds: float) -> Mind:
    """What is believed after a time."""
    rows = _CHANGE.after(seconds).tolist()
    return {to: sum(chance * rows[place][to] for place, chance in mind.items()) for to in mind}


def stocks(mind: Mind) -> dict[int, float]:
    """Chances of what is there, however it is read."""
    found: dict[int, float] = {}
    for place, chance in mind.items():
        found[_STANDING[place]] = found.get(_STANDING[place], 0.0) + chance
    return found


@dataclass
class PlainSlot:
    """By camera what it believes, and when it last looked; the newest mind's camera; what was said."""

    minds: dict[str, Mind] = field(default_factory=dict)
    looked: dict[str, datetime] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    newest: str | None = None
    seen_at: datetime | None = None
    answers: set[str] = field(default_factory=set)
    prior: Mind = field(default_factory=lambda: dict(enumerate(_CHANGE.prior.tolist())))

    def believed(self) -> dict[SlotState, float]:
        """Chances of the four states."""
        mind, found = self.prior if self.newest is None else self.minds[self.newest], dict[SlotState, float]()
        for place, chance in mind.items():
            found[state_of(place)] = found.get(state_of(place), 0.0) + chance
        return found

    def look(self, camera: str, order: int, at: datetime, seen_as: SeenAs | None) -> None:
        """A frame: older ones of its camera are nothing, and one without the slot says only that it came."""
        if order <= self.orders.get(camera, -1):
            return
        self.orders[camera] = order
        if seen_as is None:
            return
        before = self._before(camera, at)
        gone_s = (at - self.looked[camera]).total_seconds() if camera in self.looked else FAR_S
        weight = min(1.0, abs(gone_s) / SETTINGS.belief.independent_after_s)
        self.minds[camera] = whole(
            {place: chance * _TABLE[place][seen_as] ** weight for place, chance in whole(before).items()}
        )
        self.newest, self.looked[camera] = camera, at
        self.seen_at = at if self.seen_at is None else max(self.seen_at, at)

    def answer(self, answer_id: str, kind: AnswerKind) -> None:
        """Somebody says what is there; what says nothing of the shelf, and what was heard before, is nothing."""
        if kind not in _SAID or answer_id in self.answers:
            return
        self.answers.add(answer_id)
        name = "" if self.newest is None else self.newest
        weight = SETTINGS.belief.answer_weight
        self.minds[name] = whole(
            {
                place: chance * (weight if state_of(place) in _SAID[kind] else 1.0)
                for place, chance in (self.prior if self.newest is None else self.minds[name]).items()
            }
        )
        self.newest = name

    def _before(self, camera: str, at: datetime) -> Mind:
        """Its own readings, but of what all cameras together believe to be there."""
        passed_s = FAR_S if self.seen_at is None else (at - self.seen_at).total_seconds()
        if self.newest is None:
            return self.prior
        newest = self.minds[self.newest]
        if self.newest == "":
            self.newest = None
            del self.minds[""]
            return newest
        now = later(newest, passed_s)
        if self.newest == camera:
            return now
        own = self.prior
        if camera in self.minds:
            own = later(self.minds[camera], (at - self.looked[camera]).total_seconds())
        there, mine = stocks(now), stocks(own)
        return {place: chance * there[_STANDING[place]] / mine[_STANDING[place]] for place, chance in own.items()}


class OneSlot(RuleBasedStateMachine):
    """A slot of three facings, as the rules hold it and as the model does."""

    def __init__(self) -> None:
        super().__init__()
        self.level: SlotLevel = RULES.new_level(slot(0), START)
        self.plain = PlainSlot()
        self.at = START
        self.orders = dict.fromkeys(CAMERAS, 0)
        self.sent: list[SlotLook] = []

    @rule(
        camera=st.sampled_from(CAMERAS),
        look=st.none() | st.sampled_from(sorted(SEEN_AS)),
        after_s=st.sampled_from([0.5, 2.0, 60.0, 700.0]),
    )
    def a_frame_comes(self, camera: str, look: Appearance | None, after_s: float) -> None:
        self.at += timedelta(seconds=after_s)
        self.orders[camera] += 1
        found = SlotLook(self.orders[camera], None if look is Appearance.DARK else look, self.at, camera)
        self.sent.append(found)
        self._take(found)

    @rule(data=st.data())
    def a_frame_comes_again(self, data: st.DataObject) -> None:
        if self.sent:
            before = self.level
            self._take(data.draw(st.sampled_from(self.sent)))
            assert self.level is before

    @rule(kind=st.sampled_from(list(AnswerKind)), number=st.integers(1, 3))
    def somebody_answers(self, kind: AnswerKind, number: int) -> None:
        answer = Answer(
            answer_id=f"{kind}-{number}-x", store=STORE, slot=SLOTS[0], gtin=GTINS[0], kind=kind, answered_at=self.at
        )
        if len(self.level.answers_applied) < SETTINGS.answers_kept:
            self.level = RULES.apply_answer(self.level, slot(0), answer, self.at, Versions())
            self.plain.answer(answer.answer_id, kind)

    @rule(after_s=st.sampled_from([1.0, 100.0, 2000.0]))
    def time_passes(self, after_s: float) -> None:
        self.at += timedelta(seconds=after_s)
        self.level = RULES.pass_time(self.level, self.at, Watching(CAMERAS, STALE_AFTER_S), frozenset())

    @invariant()
    def both_believe_the_same(self) -> None:
        wanted = self.plain.believed()
        held = self.level.belief
        found = {
            SlotState.STOCKED: held.stocked,
            SlotState.LOW: held.low,
            SlotState.OUT: held.out,
            SlotState.MISPLACED: held.misplaced,
        }
        for state, chance in wanted.items():
            assert abs(found[state] - chance) < 1e-5

    @invariant()
    def both_know_the_same_of_when(self) -> None:
        assert self.level.last_seen_at == self.plain.seen_at
        assert {name: seen.sequence for name, seen in self.level.seen.items()} == self.plain.orders

    @invariant()
    def a_state_that_is_told_was_believed(self) -> None:
        steps = self.level.transitions
        if steps:
            assert steps[-1].state is self.level.state
            assert [step.sequence for step in steps] == sorted({step.sequence for step in steps})
        if self.level.state is SlotState.UNKNOWN:
            assert self.level.reason is not None
        else:
            assert self.level.reason is None

    @invariant()
    def it_survives_the_log(self) -> None:
        assert SlotLevel.decode(self.level.encode()) == self.level

    def _take(self, found: SlotLook) -> None:
        self.level = looked_at(self.level, found)
        seen_as = None if found.appearance is None else SEEN_AS[found.appearance]
        self.plain.look(found.camera, found.number, found.at, seen_as)


OneSlot.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestOneSlot = OneSlot.TestCase
