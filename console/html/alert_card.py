"""One alert of the inbox."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.contract import GONE, OTHER_PRODUCT, REBUILT, AlertStatus
from alerts.model import WaitsFor
from analytics.contract import SlotState
from console.html.lists import evidence
from console.html.markup import Markup, el, icon
from console.html.states import ago, chip, clock_time, lasting
from console.views.models import AlertNow, HeldNow
from shelfstream.answers import AnswerKind

ANSWERS = {
    AnswerKind.ACKNOWLEDGED: "I take it",
    AnswerKind.HANDED_OVER: "Hand over",
    AnswerKind.REFILLED: "Refilled",
    AnswerKind.NOT_EMPTY: "It is not empty",
    AnswerKind.NO_STOCK_IN_BACK: "No stock in the back",
    AnswerKind.WRONG_PRODUCT: "Another product stands there",
    AnswerKind.PLAN_IS_WRONG: "The plan is wrong",
    AnswerKind.DISCONTINUED: "We no longer sell it",
    AnswerKind.LATER: "Later",
}
_CLEARED = {
    SlotState.STOCKED.value: "Seen filled",
    SlotState.LOW.value: "Seen partly filled",
    SlotState.MISPLACED.value: "Another product was seen there",
    SlotState.OUT.value: "Empty by then",
    GONE: "No longer planned",
    REBUILT: "The bay is being rebuilt",
    OTHER_PRODUCT: "Planned for another product",
}
_ON_CARDS = (AnswerKind.ACKNOWLEDGED, AnswerKind.HANDED_OVER, AnswerKind.REFILLED)
IN_MENU = tuple(kind for kind in ANSWERS if kind not in _ON_CARDS)
_PAST = {
    AnswerKind.ACKNOWLEDGED: "Taken",
    AnswerKind.HANDED_OVER: "Handed over",
    AnswerKind.REFILLED: "Refilled",
    AnswerKind.NOT_EMPTY: "Not empty",
    AnswerKind.NO_STOCK_IN_BACK: "No stock in the back",
    AnswerKind.WRONG_PRODUCT: "Another product stood there",
    AnswerKind.PLAN_IS_WRONG: "The plan is wrong",
    AnswerKind.DISCONTINUED: "No longer sold",
    AnswerKind.LATER: "Put off",
}
_WAITS_FOR = {
    WaitsFor.REFILLED: "somebody refilled it, and the camera has not seen that yet",
    WaitsFor.LATER: "somebody put it off",
    WaitsFor.NOT_EMPTY: "somebody said that it is not empty",
    WaitsFor.NOT_WANTED: "somebody said that it is not to be here",
    WaitsFor.COOLDOWN: "it was told a moment ago",
    WaitsFor.LASTING: "it must last first",
    WaitsFor.OPENING: "the store is closed",
    WaitsFor.QUIET_HOURS: "quiet hours",
    WaitsFor.BUDGET: "it may be wrong, and this shift has had its share of wrong alerts",
}


def open_card(shown: AlertNow, store: str, *, may_answer: bool = True) -> Markup:
    """An alert that waits for somebody, with buttons for who may answer. ``store`` is told where several are shown."""
    alert = shown.alert
    return el(
        "article",
        el(
            "header",
            chip(alert.state),
            el("h3", shown.product_name, el("small", shown.brand) if shown.brand else None),
            el("span", lasting(alert.onset_latest), cls="long"),
        ),
        el("p", icon("place"), f"{store} · " if store else None, shown.place, cls="where"),
        el("p", icon("shopping_basket"), f"Bring {shown.bring}", cls="bring") if shown.bring else None,
        evidence(shown.before_url, shown.after_url),
        el("p", icon("check"), status, cls="status") if (status := _status(shown)) else None,
        _buttons(shown) if may_answer else None,
        cls="alert is-" + alert.state.value.lower(),
        data_alert=alert.alert_id,
        data_free=f"{alert.store}/{shown.aisle}" if may_answer and _is_free(shown) else None,
    )


def closed_row(shown: AlertNow, zone: ZoneInfo, now: datetime) -> Markup:
    """An alert that is closed, in one row."""
    alert = shown.alert
    ended = alert.cleared_at or alert.raised_at
    return el(
        "li",
        el("span", shown.product_name, el("small", shown.place), cls="what"),
        el("span", _why_closed(shown), cls="why"),
        el("span", clock_time(ended, zone, now), " · ", ago(ended), cls="when"),
        cls="item closed",
    )


def held_row(shown: HeldNow, zone: ZoneInfo, now: datetime) -> Markup:
    """An alert that is not told yet, in one row: until when, and why."""
    held = shown.held
    why = "" if held.waits_for is None else f": {_WAITS_FOR[held.waits_for]}"
    return el(
        "li",
        el("span", shown.product_name, el("small", shown.place), cls="what"),
        el("span", f"Held until {clock_time(held.due_at, zone, now)}{why}", cls="why"),
        cls="item closed",
        data_held=held.slot,
    )


def _status(shown: AlertNow) -> Markup | str | None:
    alert = shown.alert
    if shown.sent is not None:
        return f"{answer_text(shown.sent)}: sent, being booked …"
    if alert.status is AlertStatus.ACKNOWLEDGED and alert.acknowledged_at is not None:
        return el("span", f"Taken by {alert.acknowledged_by or 'staff'} ", ago(alert.acknowledged_at))
    if alert.answer is not None and alert.answered_at is not None:
        return el("span", f"{answer_text(alert.answer)} ", ago(alert.answered_at))
    if alert.escalated_at is not None:
        told = (
            "Taken, not refilled; others were told " if alert.acknowledged_at else "Nobody took it; others were told "
        )
        return el("span", told, ago(alert.escalated_at))
    return None


def _why_closed(shown: AlertNow) -> str:
    if shown.alert.answer is not None:
        return answer_text(shown.alert.answer)
    return cleared_text(shown.alert.cleared_why or "")


def cleared_text(why: str) -> str:
    """Why an alert was closed without an answer, told afterwards."""
    return _CLEARED.get(why, "Closed")


def answer_text(kind: str) -> str:
    """What somebody answered, told afterwards."""
    try:
        return _PAST[AnswerKind(kind)]
    except ValueError:
        return kind.replace("_", " ").capitalize()


def _buttons(shown: AlertNow) -> Markup:
    return el(
        "footer",
        _taking(shown),
        _button(AnswerKind.REFILLED, "done_all", "btn main", disabled=shown.sent == AnswerKind.REFILLED),
        el(
            "button",
            icon("more_horiz"),
            cls="btn more",
            data_more=shown.alert.alert_id,
            aria_label=f"Other answers about {shown.product_name}",
        ),
    )


def _taking(shown: AlertNow) -> Markup:
    """Who took it may hand it over; what was answered otherwise is nobody's to take."""
    status = shown.alert.status
    if status is AlertStatus.ACKNOWLEDGED:
        return _button(AnswerKind.HANDED_OVER, "group", "btn", disabled=shown.sent == AnswerKind.HANDED_OVER)
    taken = status is not AlertStatus.RAISED or shown.sent == AnswerKind.ACKNOWLEDGED
    return _button(AnswerKind.ACKNOWLEDGED, "directions_walk", "btn", disabled=taken)


def _is_free(shown: AlertNow) -> bool:
    """Whether nobody has taken it, nor is taking it just now."""
    return shown.alert.status is AlertStatus.RAISED and shown.sent is None


def aisle_head(aisle: str, shown: Sequence[AlertNow], *, may_answer: bool) -> Markup:
    """Above the alerts of an aisle: how many, and one tap to take all that nobody has taken."""
    free = [each for each in shown if _is_free(each)]
    title = f"Aisle {aisle}" if aisle else "Elsewhere"
    take = None
    if may_answer and free:
        label = "I take this aisle" if len(free) == len(shown) else f"I take the other {len(free)}"
        key = f"{shown[0].alert.store}/{aisle}"
        take = el("button", icon("directions_walk"), label, cls="btn", data_aisle=key)
    return el("div", el("h2", title, el("small", f"{len(shown)} open")), take, cls="aislehead")


def _button(kind: AnswerKind, sign: str, cls: str, *, disabled: bool) -> Markup:
    return el("button", icon(sign), ANSWERS[kind], cls=cls, data_answer=kind.value, disabled=disabled)
