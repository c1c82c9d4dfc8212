"""The parts of a slot's page: what cameras show of it and why it is believed, its last day, its alerts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.contract import AlertStatus
from alerts.inbox import PastAlert, PastStep
from analytics.contract import SlotState
from analytics.history.slot_states import SlotStretch
from console.html.alert_card import answer_text, cleared_text
from console.html.markup import Markup, el, joined
from console.html.states import REASONS, WORDS, ago, chip, clock_time, state_class
from console.past import DAY
from console.views.models import SlotNow
from console.views.slot_sight import SeenThing, SlotSight
from detector.contract import FacingKind

Pictures = Mapping[str, tuple[str | None, str | None]]
_MARGIN = 0.35
_EVENTS_SHOWN = 30
_KINDS = {FacingKind.FACING: "a product", FacingKind.GAP: "a gap"}


def sight_card(sight: SlotSight, slot: SlotNow) -> Markup:
    """One camera's picture around the slot, what was seen in it drawn on it, and what each thing may be."""
    left, top, width, height = _around(sight)
    boxes = [
        el("rect", x=round(x0, 1), y=round(y0, 1), width=round(x1 - x0, 1), height=round(y1 - y0, 1),
           cls=f"seen seen-{thing.kind.name.lower()}")
        for thing in sight.things
        for x0, y0, x1, y1 in [thing.box_xyxy]
    ]  # fmt: skip
    picture = el(
        "svg",
        el("image", href=sight.picture.url, width=sight.picture.width_px, height=sight.picture.height_px),
        *boxes,
        el("polygon", points=_points(sight), cls=f"slot {state_class(slot.state)}"),
        viewBox=f"{left:g} {top:g} {width:g} {height:g}",
        role="img",
        aria_label=f"{slot.name} as {_camera(sight)} shows it",
    )
    return joined(
        el("div", el("h2", _camera(sight)), el("small", "taken ", ago(sight.picture.taken_at)), cls="cardhead"),
        el("div", picture, cls="sight"),
        el("ul", *(_thing(each) for each in sight.things), cls="items") if sight.things else _NOTHING,
    )


_NOTHING = el("p", "Nothing was recognised in this place: neither a product nor a gap.", cls="hint")


def belief_card(slot: SlotNow) -> Markup:
    """How likely each state is believed to be, and which cameras looked when."""
    level = slot.level
    if level is None:
        return joined(el("div", el("h2", "Why"), cls="cardhead"), el("p", "Nothing was ever heard of it.", cls="hint"))
    chances = (
        (SlotState.STOCKED, level.belief.stocked),
        (SlotState.LOW, level.belief.low),
        (SlotState.OUT, level.belief.out),
        (SlotState.MISPLACED, level.belief.misplaced),
    )
    looked = [
        el("li", el("span", camera, cls="what"), el("span", "looked ", ago(frame.looked_at or frame.received_at)),
           el("span", ", ".join(_doubts(dark=frame.dark, moved=frame.moved)), cls="why"), cls="item closed")
        for camera, frame in sorted(level.seen.items())
    ]  # fmt: skip
    reason = el("p", f"Unknown: {REASONS[slot.reason]}.", cls="hint") if slot.reason is not None else None
    return joined(
        el("div", el("h2", "Why"), el("small", "what is believed from all frames and answers"), cls="cardhead"),
        reason,
        el("dl", *(_chance(state, chance) for state, chance in chances), cls="chances"),
        el("ul", *looked, cls="items") if looked else None,
    )


def day_card(stretches: Sequence[SlotStretch], pictures: Pictures, zone: ZoneInfo, now: datetime) -> Markup:
    """The last 24 hours as a strip, and each change as a line with its ``pictures`` (of before and after, by event)."""
    begins = now - DAY
    parts = [_part(each, begins, now) for each in stretches]
    told = [each for each in reversed(stretches) if each.from_at >= begins][:_EVENTS_SHOWN]
    labels = [el("span", clock_time(begins, zone, now)), el("span", clock_time(now, zone, now))]
    return joined(
        el("div", el("h2", "The last day"), cls="cardhead"),
        el("div", *parts, cls="strip", role="img", aria_label=_spoken(stretches, zone, now)),
        el("div", *labels, cls="striplabels"),
        el("ul", *(_change(each, pictures.get(each.event_id, (None, None)), zone, now) for each in told), cls="items"),
    )


def alerts_card(alerts: Iterable[PastAlert], zone: ZoneInfo, now: datetime) -> Markup:
    """The slot's newest alerts with every step: who did what when, by device or role, and why it ended."""
    rows = [_alert(each, zone, now) for each in alerts]
    head = el("div", el("h2", "Alerts and answers"), cls="cardhead")
    return joined(head, el("ul", *rows, cls="items") if rows else el("p", "None yet.", cls="hint"))


def _around(sight: SlotSight) -> tuple[float, float, float, float]:
    """Left, top, width and height in pixels: the outline with some of what stands around it."""
    xs, ys = [x for x, _ in sight.outline.corners_px], [y for _, y in sight.outline.corners_px]
    margin_x, margin_y = _MARGIN * (max(xs) - min(xs)), _MARGIN * (max(ys) - min(ys))
    left, top = max(0.0, min(xs) - margin_x), max(0.0, min(ys) - margin_y)
    right = min(sight.picture.width_px, max(xs) + margin_x)
    bottom = min(sight.picture.height_px, max(ys) + margin_y)
    return left, top, right - left, bottom - top


def _points(sight: SlotSight) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in sight.outline.corners_px)


def _camera(sight: SlotSight) -> str:
    return sight.camera.camera.name or sight.camera.camera.id


def _thing(thing: SeenThing) -> Markup:
    named = ", ".join(f"{name} {score:.0%}" for name, score in thing.candidates)
    what = _KINDS.get(thing.kind, thing.kind.name.lower())
    return el(
        "li",
        el("span", f"{what}, {thing.score:.0%} sure", cls="what"),
        el("span", f"may be: {named}" if named else "", cls="why"),
        cls="item closed",
    )


def _doubts(*, dark: bool, moved: bool) -> list[str]:
    return [words for words, is_so in (("too dark", dark), ("moved", moved)) if is_so]


def _chance(state: SlotState, chance: float) -> Markup:
    bar = el("span", cls=f"bar {state_class(state)}", style=f"width:{chance * 100:.1f}%")
    return joined(el("dt", WORDS[state]), el("dd", el("span", bar, cls="track"), el("b", f"{chance:.0%}")))


def _part(stretch: SlotStretch, begins: datetime, now: datetime) -> Markup:
    starts, ends = max(stretch.from_at, begins), min(stretch.to_at or now, now)
    left, width = (starts - begins) / DAY * 100, max(0.0, (ends - starts) / DAY * 100)
    return el("span", cls=state_class(stretch.state), style=f"left:{left:.3f}%;width:{width:.3f}%")


def _spoken(stretches: Sequence[SlotStretch], zone: ZoneInfo, now: datetime) -> str:
    said = (f"{WORDS[each.state]} from {clock_time(each.from_at, zone, now)}" for each in stretches[-_EVENTS_SHOWN:])
    return "; ".join(said) or "Nothing is known of the last day"


def _change(stretch: SlotStretch, pictures: tuple[str | None, str | None], zone: ZoneInfo, now: datetime) -> Markup:
    reason = REASONS[stretch.reason] if stretch.reason is not None else ""
    level = f"{stretch.level:.0%} full" if stretch.level is not None else ""
    facts = [each for each in (reason, level, f"{stretch.confidence:.0%} sure", _began(stretch, zone, now)) if each]
    links = [el("a", label, href=url) for url, label in zip(pictures, ("before", "after"), strict=True) if url]
    return el(
        "li",
        el("span", chip(stretch.state), cls="what"),
        el("span", clock_time(stretch.from_at, zone, now), cls="when"),
        el("span", ", ".join(facts), *(joined(" · ", link) for link in links), cls="why"),
        cls="item closed",
    )


def _began(stretch: SlotStretch, zone: ZoneInfo, now: datetime) -> str:
    if stretch.from_at - stretch.from_earliest < timedelta(minutes=1):
        return ""
    return f"began after {clock_time(stretch.from_earliest, zone, now)}"


def _alert(past: PastAlert, zone: ZoneInfo, now: datetime) -> Markup:
    steps = [el("li", f"{clock_time(step.at, zone, now)}: {_step(step)}{_by(step.by)}") for step in past.steps]
    return el(
        "li",
        el("span", chip(past.alert.state), cls="what"),
        el("span", clock_time(past.alert.raised_at, zone, now), cls="when"),
        el("ol", *steps, cls="why steplist"),
        cls="item closed",
    )


def _step(step: PastStep) -> str:
    match step.status:
        case AlertStatus.ACKNOWLEDGED | AlertStatus.ANSWERED:
            return answer_text(step.why)
        case AlertStatus.CLEARED:
            return cleared_text(step.why)
        case AlertStatus.RAISED:
            return answer_text(step.why) if step.why else "Told"


def _by(whom: str) -> str:
    return f" ({whom})" if whom else ""
