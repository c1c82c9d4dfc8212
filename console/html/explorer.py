"""The explorer of history as markup: the form, a ranked list, a heat map, and ways on from each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from analytics.history.questions.question import AnswerColumn, HistoryPage, Question, Unit
from console.html.markup import Markup, el, icon, joined

_BANDS = ((0.98, "best"), (0.95, "good"), (0.9, "fair"), (0.8, "poor"))
_NUMBERS = frozenset({Unit.SHARE, Unit.MINUTES, Unit.MONEY, Unit.COUNT})
_THIN = 0.5
SEPARATOR = ";"
"""Between several names in one field of the form: names of categories have commas."""
_FILES = (("csv", "CSV"), ("parquet", "Parquet"), ("array", "JSON"))


@dataclass(frozen=True)
class Exploring:
    """What a page was asked, as it stands in its address: a link to it shows the same to whoever may see it."""

    question: Question
    first: date
    last: date
    named: Mapping[str, tuple[str, ...]]
    """Stores, regions, categories and products, by their names in the address."""
    by: str | None = None
    on: date | None = None
    after: str | None = None

    def link(self, page: str, **changed: object) -> str:
        """The question's address below a page or file, with some of it changed; ``None`` takes a part away."""
        parts: dict[str, object] = {
            "from": self.first, "to": self.last, **self.named, "by": self.by, "on": self.on, **changed,
        }  # fmt: skip
        pairs = [
            (name, str(each))
            for name, value in parts.items()
            if value is not None
            for each in (value if isinstance(value, tuple) else (value,))
        ]
        return f"{page}?{urlencode(pairs)}"


def question_links(chosen: Exploring, questions: Sequence[Question]) -> Markup:
    """One link for each question, with the days of this one."""
    links = [
        el(
            "a",
            each.name.replace("-", " "),
            href=Exploring(each, chosen.first, chosen.last, {}).link("explore", question=each.name),
            title=each.says,
            aria_current="page" if each.name == chosen.question.name else None,
            cls="btn",
        )
        for each in questions
    ]
    return el("nav", *links, cls="questions", aria_label="Questions")


def question_form(asked: Exploring) -> Markup:
    """Days, filters and grouping; a plain form, so that what was asked is the page's address."""
    question = asked.question
    fields = [
        _field("From", "from", asked.first.isoformat(), "date"),
        _field("To", "to", asked.last.isoformat(), "date"),
    ]
    if question.by:
        options = [el("option", each, value=each, selected=each == asked.by) for each in question.by]
        fields.append(el("label", "By", el("select", *options, name="by")))
    if "on" in question.takes:
        fields.append(_field("Changed on", "on", "" if asked.on is None else asked.on.isoformat(), "date"))
    for taken, name, label in (
        ("stores", "store", "Store"),
        ("regions", "region", "Region"),
        ("categories", "category", "Category"),
        ("gtins", "gtin", "GTIN"),
    ):
        if taken in question.takes:
            fields.append(_field(label, name, f"{SEPARATOR} ".join(asked.named.get(name, ())), "text"))
    hidden = el("input", type="hidden", name="question", value=question.name)
    return el(
        "form", hidden, *fields, el("button", "Ask", type="submit", cls="btn main"), method="get", action="explore"
    )


def _field(label: str, name: str, value: str, kind: str) -> Markup:
    return el("label", label, el("input", type=kind, name=name, value=value))


def answer_part(asked: Exploring, found: HistoryPage) -> Markup:
    """The answer: as a heat map first where it has a day or week, then as a table; what each column means; files."""
    if not found.rows:
        return el("p", "Nothing in these days, as far as it was seen and rolled up.", cls="nothing")
    more = None
    if found.after:
        link = asked.link("explore", question=asked.question.name, after=found.after)
        more = el("a", "What comes next", icon("arrow_forward"), href=link, cls="btn")
    return joined(_heat(found), _table(asked, found), more, _meanings(found.columns))


def downloads(asked: Exploring) -> Markup:
    """The whole answer as files."""
    page = f"api/v1/history/{asked.question.name}"
    links = [
        el("a", icon("download"), label, href=asked.link(page, format=kind), cls="btn", download=True)
        for kind, label in _FILES
    ]
    return joined(*links)


def _heat(found: HistoryPage) -> Markup | None:
    """Rows of names, columns of days or weeks; every cell says its figure, and is hatched where little was seen."""
    names = [column.name for column in found.columns]
    when = next((name for name in ("week", "day") if name in names), None)
    if when is None:
        return None
    place = {name: names.index(name) for name in ("name", when, "availability", "coverage")}
    cells: dict[str, dict[object, Markup]] = {}
    for row in found.rows:
        cell = _cell(row[place["availability"]], row[place["coverage"]])
        cells.setdefault(str(row[place["name"]]), {})[row[place[when]]] = cell
    moments = sorted({moment for of_one in cells.values() for moment in of_one}, key=str)
    head = el(
        "tr", el("td"), *(el("th", f"{moment:%d %b}", scope="col") for moment in moments if isinstance(moment, date))
    )
    rows = [
        el("tr", el("th", name, scope="row"), *(of_one.get(moment, el("td", "–")) for moment in moments))
        for name, of_one in cells.items()
    ]
    caption = el("caption", "Availability; hatched where less than half of the time was seen")
    table = el("table", caption, el("thead", head), el("tbody", *rows), cls="heat")
    return _scrolling(table, "Availability over time")


def _cell(availability: object, coverage: object) -> Markup:
    if not isinstance(availability, float):
        return el("td", "–", cls="thin", title="nothing was seen")
    band = next((name for least, name in _BANDS if availability >= least), "bad")
    thin = isinstance(coverage, float) and coverage < _THIN
    title = f"{coverage:.0%} of the time was seen" if isinstance(coverage, float) else None
    return el("td", f"{availability:.0%}", cls=f"{band} thin" if thin else band, title=title)


def _table(asked: Exploring, found: HistoryPage) -> Markup:
    head = [
        el("th", column.name.replace("_", " "), scope="col", title=column.says, cls=_kind(column))
        for column in found.columns
    ]
    rows = [
        el("tr", *(_value(asked, column, value) for column, value in zip(found.columns, row, strict=True)))
        for row in found.rows
    ]
    table = el("table", el("thead", el("tr", *head)), el("tbody", *rows), cls="placelist")
    return _scrolling(table, asked.question.says)


def _scrolling(table: Markup, label: str) -> Markup:
    """On a narrow screen it scrolls sideways, which a keyboard must be able to do as well."""
    return el("div", table, cls="placetable", tabindex="0", role="region", aria_label=label)


def _value(asked: Exploring, column: AnswerColumn, value: object) -> Markup:
    text = column.shown(value)
    link = _way_on(asked, column, value)
    return el("td", text if link is None else el("a", text, href=link), cls=_kind(column))


def _kind(column: AnswerColumn) -> str | None:
    return "number" if column.unit in _NUMBERS else None


def _way_on(asked: Exploring, column: AnswerColumn, value: object) -> str | None:
    """From a region to its stores, from a category to its products, from a store to what was out there and when."""
    if not isinstance(value, str):
        return None
    name = asked.question.name
    if column.name == "store" or (column.name == "name" and asked.by == "store"):
        return f"history?{urlencode({'store': value})}"
    if column.name != "name":
        return None
    if asked.by == "region":
        return asked.link("explore", question=name, by="store", region=value)
    if asked.by == "category":
        return asked.link("explore", question="chronic", by=None, category=value)
    return asked.link("explore", question="chronic", by=None, gtin=value) if asked.by == "product" else None


def _meanings(columns: Sequence[AnswerColumn]) -> Markup:
    pairs = [part for column in columns for part in (el("dt", column.name.replace("_", " ")), el("dd", column.says))]
    return el("details", el("summary", "What the columns mean"), el("dl", *pairs), cls="meanings")
