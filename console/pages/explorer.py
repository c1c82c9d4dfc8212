"""The explorer of history: named questions over all stores that one may see, each answer with an address of its own."""

from collections.abc import Mapping
from datetime import date, timedelta

from fastapi import Request
from nicegui import ui

from analytics.history.questions.named import QUESTIONS
from analytics.history.questions.question import Asked, Question
from console.access.roles import May
from console.console_data import ConsoleData
from console.html.explorer import SEPARATOR, Exploring, answer_part, downloads, question_form, question_links
from console.html.frame import Here
from console.html.markup import el, icon, joined
from console.pages.layout import PageFrame, Section, off_loop, refused, seen_by_whom_asks
from console.sources import NotFound
from shelfstream.errors import Fault, Faults, Unavailable
from shelfstream.identifiers import check_gtin

_FIRST_QUESTION = "osa-weeks"
_WEEKS = timedelta(weeks=12)
_ROWS = {"osa-weeks": 600, "osa-days": 600}
_MOST_TABLE_ROWS = 100
_NAMED = ("store", "region", "category", "gtin")


def add_explorer(console_data: ConsoleData) -> None:
    """Add ``/explore``; everything that is asked stands in its address."""

    @ui.page("/explore", response_timeout=30)
    async def explore(request: Request) -> None:
        seen = seen_by_whom_asks(console_data, request)
        frame = PageFrame(seen, request, Here("explore"))
        await frame.update()
        if refused(seen, May.HISTORY):
            return
        with ui.element("main").classes("page explorer"):
            Section("pagehead").show(joined(el("h1", "Explore history"), el("p", "All stores that you may see.")))
            trouble = Section("troubles")
            try:
                exploring = exploring_of(request.query_params.multi_items(), seen.clock.now().date())
            except Faults as faults:
                trouble.show(el("p", icon("warning"), "; ".join(str(fault) for fault in faults.faults)))
                exploring = exploring_of([], seen.clock.now().date())
            Section().show(question_links(exploring, list(QUESTIONS.values())))
            Section("filters").show(question_form(exploring))
            card = Section("card")
            await _show(seen, exploring, card, trouble)
        ui.timer(10 * seen.settings.refresh_s, frame.update, immediate=False)


async def _show(seen: ConsoleData, exploring: Exploring, card: Section, trouble: Section) -> None:
    question = exploring.question
    try:
        asked, rows = _asked(exploring), _ROWS.get(question.name, _MOST_TABLE_ROWS)
        found = await off_loop(seen.past.answer, question.name, asked, rows, exploring.after)
    except Faults as faults:
        trouble.show(el("p", icon("warning"), "; ".join(str(fault) for fault in faults.faults)))
        return
    except (Unavailable, NotFound) as exc:
        trouble.show(el("p", icon("warning"), f"History cannot be read. ({exc})"))
        return
    head = el("div", el("h2", question.says), el("span", downloads(exploring), cls="files"), cls="cardhead")
    card.show(joined(head, answer_part(exploring, found)))


def exploring_of(pairs: list[tuple[str, str]], today: date) -> Exploring:
    """What an address asks for; several stores, say, are one after the other or in one field. Raises ``Faults``."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).extend(part for each in value.split(SEPARATOR) if (part := each.strip()))
    name = _one(given, "question") or _FIRST_QUESTION
    question = QUESTIONS.get(name)
    if question is None:
        raise Faults("question", [Fault(name, f"is no question; there are {', '.join(QUESTIONS)}")])
    last = _day(given, "to") or today
    first, on = _day(given, "from") or last - _WEEKS + timedelta(days=1), _day(given, "on")
    named = {each: tuple(given[each]) for each in _NAMED if given.get(each)}
    by = _one(given, "by") or (question.by[0] if question.by else None)
    return Exploring(question, first, last, named, by, on or _middle(question, first, last), _one(given, "after"))


def _middle(question: Question, first: date, last: date) -> date | None:
    """Where a change is asked about and none is named, the middle of the days."""
    return first + (last - first) / 2 if "on" in question.takes else None


def _asked(exploring: Exploring) -> Asked:
    named: Mapping[str, tuple[str, ...]] = exploring.named
    try:
        gtins = tuple(check_gtin(each) for each in named.get("gtin", ()))
    except ValueError as exc:
        raise Faults("question", [Fault("gtin", str(exc))]) from exc
    return Asked(
        exploring.first, exploring.last, named.get("store", ()), named.get("region", ()), named.get("category", ()),
        gtins, exploring.by, exploring.on,
    )  # fmt: skip


def _one(given: Mapping[str, list[str]], name: str) -> str | None:
    return next(iter(given.get(name, ())), None)


def _day(given: Mapping[str, list[str]], name: str) -> date | None:
    text = _one(given, name)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as exc:
        raise Faults("question", [Fault(name, f"{text!r} is no day, such as 2026-11-02")]) from exc
