"""A part of a page that is replaced when, and only when, its HTML changes; taps in it come back as what was tapped."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

from console.markup import Markup

Tapped = dict[str, str]
OnTap = Callable[[Tapped], Awaitable[None]]

_TELL_TAP = """(event) => {
  const tapped = event.target.closest("[data-slot],[data-answer],[data-more]");
  if (!tapped || tapped.disabled) return;
  const alert = tapped.closest("[data-alert]");
  emit({...tapped.dataset, ...(alert ? {alert: alert.dataset.alert} : {})});
}"""


class Section:
    """One HTML element. Its content is ours and escaped where it was made, so that it needs no sanitising."""

    def __init__(self, classes: str = "", *, on_tap: OnTap | None = None) -> None:
        self.html = ui.html("", sanitize=False).classes(classes)
        self._shown = ""
        if on_tap is not None:
            self.html.on("click", _telling(on_tap), js_handler=_TELL_TAP)

    def show(self, markup: Markup) -> None:
        """Show this from now on."""
        if markup != self._shown:
            self._shown = markup
            self.html.set_content(markup)


def _telling(on_tap: OnTap) -> Callable[[GenericEventArguments], Awaitable[None]]:
    async def tell(event: GenericEventArguments) -> None:
        if isinstance(event.args, dict):
            await on_tap({str(name): str(value) for name, value in event.args.items()})

    return tell
