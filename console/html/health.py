"""The health page's parts: problems with what to do, how far the stages are, and what was put aside."""

from collections.abc import Iterable

from console.health.dead_letters import DeadLetter
from console.health.machine import MachineNow
from console.health.problems import Problem
from console.html.markup import Markup, el, icon, joined
from console.html.states import ago
from console.views.models import StoreNow

_SHOWN = 50


def problems_card(problems: Iterable[Problem]) -> Markup:
    """What is wrong, a sentence each, and what to do; that nothing is, where nothing is."""
    rows = [
        el("li", el("span", icon("error"), each.what, cls="what"), el("span", each.do, cls="why"), cls="item closed")
        for each in problems
    ]
    if not rows:
        return el("p", icon("check_circle"), "Nothing is wrong.", cls="allwell")
    return joined(el("div", el("h2", "What to do"), cls="cardhead"), el("ul", *rows, cls="items problems"))


def machine_card(machine: MachineNow) -> Markup:
    """How many records each stage has still to read, and how many messages wait for each channel."""
    stages = [joined(el("dt", stage), el("dd", _records(behind))) for stage, behind in machine.behind.items()]
    waiting = [
        joined(el("dt", each.channel), el("dd", f"{each.waiting} waiting, the oldest written ", ago(each.oldest_at)))
        for each in machine.backlogs
    ]
    return joined(
        el("div", el("h2", "Stages"), el("small", "records still to be read"), cls="cardhead"),
        el("dl", *stages),
        joined(el("h3", "Messages to people"), el("dl", *waiting)) if waiting else None,
    )


def versions_card(release: str, stores: Iterable[StoreNow]) -> Markup:
    """What runs: the release, and by which model the newest pictures of each store were seen."""
    rows = [joined(el("dt", "Shelfstream"), el("dd", release))]
    for store in stores:
        models = sorted({camera.picture.seen.model for camera in store.cameras if camera.picture is not None})
        rows.append(joined(el("dt", store.name), el("dd", ", ".join(models) or "no picture was looked at yet")))
    return joined(el("div", el("h2", "Versions"), cls="cardhead"), el("dl", *rows))


def letters_card(letters: tuple[DeadLetter, ...]) -> Markup:
    """Records that no stage could read, the newest first, each to be looked at, sent again or put away."""
    if not letters:
        return joined(el("div", el("h2", "Put aside"), cls="cardhead"), el("p", "No record was put aside.", cls="hint"))
    more = len(letters) - _SHOWN
    return joined(
        el("div", el("h2", "Put aside"), el("small", _counted(len(letters), "record")), cls="cardhead"),
        el("ul", *(_letter(each) for each in letters[:_SHOWN]), cls="items letters"),
        el("p", f"and {more} more: shelfstream dead list") if more > 0 else None,
    )


def _records(behind: int) -> str:
    return "none" if behind == 0 else f"{behind:,}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _letter(letter: DeadLetter) -> Markup:
    text = el("pre", letter.text) if letter.text else el("p", f"{letter.size_bytes:,} bytes that are no text")
    facts = f"{letter.stage}, from {letter.origin}, {letter.error}, tried: {letter.attempts or 1}"
    buttons = [
        _button(letter, "replay", "Send again") if letter.is_whole else None,
        _button(letter, "drop", "Put away"),
    ]
    return el(
        "li",
        el("span", letter.reason, cls="what"),
        el("span", ago(letter.buried_at), cls="when"),
        el("span", facts, cls="why"),
        el("details", el("summary", "What it says"), text),
        el("span", *buttons, cls="answers"),
        cls="item closed",
    )


def _button(letter: DeadLetter, more: str, label: str) -> Markup:
    return el("button", label, type="button", cls="btn", data_more=more, data_letter=letter.letter_id)
