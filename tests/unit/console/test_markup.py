"""HTML that nobody can break out of."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from console.html.markup import Markup, el, joined

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")))


class _Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(text=TEXT, value=TEXT)
def test_foreign_text_stays_text(text: str, value: str) -> None:
    """Whatever a name holds, the browser sees one element with that text and that attribute."""
    seen = _Seen(el("p", text, title=value))
    assert seen.tags == [("p", {"title": value})]
    assert seen.text == text


def test_markup_is_not_escaped_twice() -> None:
    """Elements nest, and a text beside them is escaped once."""
    assert el("p", el("b", "a&b"), "<i>") == "<p><b>a&amp;b</b>&lt;i&gt;</p>"


def test_what_is_none_or_false_is_left_out() -> None:
    """Optional children and attributes need no conditions where they are used."""
    assert el("button", None, "Go", disabled=False, title=None, data_x=True) == "<button data-x>Go</button>"
    assert joined(None, Markup("<hr/>")) == "<hr/>"
