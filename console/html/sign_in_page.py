"""Where one signs in, and where one chooses a password. Plain: no scripts, and a phone's size first."""

from urllib.parse import quote

from console.html.answer_page import plain_page
from console.html.markup import Markup, el


def sign_in_page(title: str, base: str, wanted: str, wrong: str, work_account: str = "") -> str:
    """Name and password. ``wanted``: where to go afterwards, below ``base``; ``wrong``: what was wrong just now;
    ``work_account``: what the way over an identity provider is called, where there is one.
    """
    form = el(
        "form",
        _wrong(wrong),
        _field("Name", "name", "text", "username"),
        _field("Password", "password", "password", "current-password"),
        el("input", type="hidden", name="next", value=wanted),
        el("button", "Sign in", type="submit", cls="main"),
        method="post",
        action=f"{base}signin",
    )
    other = el("a", work_account, href=f"{base}signin/oidc?next={quote(wanted, safe='')}", cls="other")
    return plain_page(f"{title}: sign in", base, el("h1", title), other if work_account else None, form)


def invitation_page(title: str, base: str, name: str, wrong: str) -> str:
    """A new password for an account; the form is sent to the page's own address."""
    form = el(
        "form",
        _wrong(wrong),
        # Hidden, but there: it tells password managers whose password it is.
        el("input", type="text", name="name", value=name, autocomplete="username", hidden=True),
        _field("New password, at least 10 characters", "password", "password", "new-password"),
        el("button", "Keep it and sign in", type="submit", cls="main"),
        method="post",
    )
    return plain_page(f"{title}: password", base, el("h1", f"Welcome, {name}"), form)


def told_plainly(title: str, base: str, sentence: str) -> str:
    """One sentence, and the way to the page where one signs in."""
    return plain_page(
        title, base, el("h1", title), el("p", sentence), el("p", el("a", "Sign in", href=f"{base}signin"))
    )


def _field(label: str, name: str, kind: str, completes: str) -> Markup:
    field = el("input", type=kind, name=name, autocomplete=completes, required=True, maxlength="200")
    return el("label", label, field)


def _wrong(wrong: str) -> Markup | None:
    return el("p", wrong, cls="wrong", role="alert") if wrong else None
