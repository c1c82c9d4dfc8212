"""HTML and SVG as text that is escaped where it is made: everything but ``Markup`` is a foreign text.

What was made for one page serves all that show the same (``Rendered``).
"""

from collections.abc import Callable, Hashable
from html import escape
from typing import TypeVar

Made = TypeVar("Made")
_EMPTY = frozenset({"base", "meta", "link", "circle", "img", "br", "hr", "rect", "polygon", "path", "line"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Attribute = str | float | bool | None


def el(name: str, /, *children: str | None, **attributes: Attribute) -> Markup:
    """One element. In an attribute's name ``_`` becomes ``-``, ``cls`` is a class; ``None`` and ``False`` are left out.

    Children that are no ``Markup`` are escaped, and so is every attribute's value.
    """
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    if name in _EMPTY:
        # Closed in SVG's way, which HTML lets pass: an open polygon would swallow what follows.
        return Markup(f"{opening[:-1]}/>")
    return Markup(f"{opening}{joined(*children)}</{name}>")


def joined(*children: str | None) -> Markup:
    """Children one after the other, escaped where they are no markup."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children if child))


def icon(name: str) -> Markup:
    """One of the Material icons, which come with NiceGUI."""
    return el("i", name, cls="material-icons", aria_hidden="true")


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = "class" if key == "cls" else key.replace("_", "-")
    if value is True:
        return f" {name}"
    message = f"{value:g}" if isinstance(value, float) else str(value)
    return f' {name}="{escape(message)}"'


class Rendered:
    """One made thing for each key, made anew when one of its parts is another object than before.

    Parts are compared by identity: they are frozen, and what did not change stays the same object. Threads may make the
    same thing twice; each gets one that fits its parts.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[tuple[object, ...], object]] = {}

    def get(self, key: Hashable, parts: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """What ``make`` makes of ``parts``; a key always stands for the same kind of thing."""
        kept = self._kept.get(key)
        if kept is not None and len(kept[0]) == len(parts) and all(map(_is, kept[0], parts)):
            return kept[1]  # type: ignore[return-value]
        made = make()
        self._kept[key] = (parts, made)
        return made


def _is(before: object, now: object) -> bool:
    return before is now
