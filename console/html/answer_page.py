"""The page behind a link in a message: one alert, one tap to answer it. Plain: no scripts, and a phone's size first."""

from alerts.links import ANSWER
from console.html.alert_card import ANSWERS, IN_MENU, answer_text
from console.html.lists import evidence
from console.html.markup import Markup, el, joined
from console.html.states import chip
from console.views.models import AlertNow
from shelfstream.answers import AnswerKind

_ORDER = (AnswerKind.REFILLED, AnswerKind.ACKNOWLEDGED, *IN_MENU)


def answer_page(shown: AlertNow, base: str, token: str) -> str:
    """An open alert with its buttons. They send a form back to the page's own address; opening it changes nothing.

    ``base``: the console's own address, as whoever asks sees it; ``token``: what opened the page, and its pictures.
    """
    pictures = f"{base}{ANSWER}/{token}"
    return plain_page(
        shown.product_name,
        base,
        el(
            "header",
            chip(shown.alert.state),
            el("h1", shown.product_name, el("small", shown.brand) if shown.brand else None),
        ),
        el("p", shown.place),
        el("p", f"Bring {shown.bring}", cls="bring") if shown.bring else None,
        evidence(
            f"{pictures}/before.jpg" if shown.before_url else None, f"{pictures}/after.jpg" if shown.after_url else None
        ),
        el("p", f"{answer_text(shown.alert.answer)}, somebody said.") if shown.alert.answer else None,
        el("form", *(_button(kind) for kind in _ORDER), method="post"),
    )


def told_page(title: str, sentence: str, base: str) -> str:
    """One sentence: thank you, or why nothing can be answered."""
    return plain_page(title, base, el("h1", title), el("p", sentence))


def _button(kind: AnswerKind) -> Markup:
    cls = "main" if kind is AnswerKind.REFILLED else None
    return el("button", ANSWERS[kind], type="submit", name="kind", value=kind.value, cls=cls)


def plain_page(title: str, base: str, *content: Markup | None) -> str:
    """A page of its own, without scripts."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="robots", content="noindex"),
        el("title", title),
        el("link", rel="stylesheet", href=f"{base}static/answer.css"),
    )
    return f"<!doctype html>{el('html', head, el('body', el('main', joined(*content))), lang='en')}"
