"""``shelfstream replay``: what would have been told if settings had been others."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from alerts.rerun import RaisedAlert
from alerts.settings import AlertsSettings
from analytics.contract import SlotState
from analytics.replay.compare import Stretch
from analytics.replay.inputs import archived_inputs
from analytics.replay.rerun import ReplayStep, replay_steps
from analytics.settings import AnalyticsSettings
from deploy.commands.asking.typed import span, zone_of
from deploy.runtime.open import ConfigFile, open_engine, settings_here
from deploy.runtime.settings import Effective
from deploy.runtime.what_if import StoreRun, WhatIf, WhatIfReport
from shelfstream.answers import AnswerKind
from shelfstream.clock import SystemClock
from shelfstream.errors import Fault, Faults
from shelfstream.file_store import archive_at

app = typer.Typer()

_STAGES = ("analytics", "alerts")
_SHOWN = (SlotState.OUT, SlotState.LOW, SlotState.MISPLACED)
_WRONG = frozenset({AnswerKind.NOT_EMPTY, AnswerKind.PLAN_IS_WRONG, AnswerKind.DISCONTINUED, AnswerKind.WRONG_PRODUCT})
_RIGHT = frozenset({AnswerKind.REFILLED, AnswerKind.NO_STOCK_IN_BACK})


@app.command()
def replay(
    *,
    store: Annotated[str, typer.Option("--store", help="The store's id.")],
    begins: Annotated[str, typer.Option("--from", help="A day or time in the store's zone, such as 2026-11-02.")],
    ends: Annotated[
        str | None, typer.Option("--to", help="Up to this day or time, not included; default: now.")
    ] = None,
    changed: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SETTING=VALUE", help="A setting of analytics or alerts; may be repeated."),
    ] = None,
    warm_up_h: Annotated[
        float, typer.Option("--warm-up-h", min=0, help="How many hours before --from belief has time to settle.")
    ] = 12.0,
    all_states: Annotated[bool, typer.Option("--all-states", help="List STOCKED and UNKNOWN as well.")] = False,
    json_path: Annotated[
        Path | None, typer.Option("--json", dir_okay=False, help="File for all of it; the same input, the same bytes.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Run a store's archived facings again, under today's settings and under others, and tell what differs.

    `shelfstream replay --store mill-road --from 2026-11-02 --to 2026-11-09 --set analytics.belief.decide_at=0.98`
    lists which states and alerts there would have been less (lost) and more (gained), and what staff answered at the
    time: an alert is well lost when they said *not empty*, and badly when they refilled.

    Any setting under `analytics.` and `alerts.` can be tried: `shelfstream config analytics` shows them with what they
    do. The catalogue is the one of its time. What `shelfstream run archivist` has kept is read (it is one of the
    stages of `shelfstream run all`): facings, camera states and answers; what the detector was, stays.
    """
    asked = tuple(changed or ())
    _check_asked(asked, json_path)
    first = settings_here(config, needed=_STAGES)
    second = settings_here(config, needed=_STAGES, overrides=asked)
    now, terminal = SystemClock().now(), Console(highlight=False)
    with open_engine(first) as engine:
        zone = zone_of(engine, store, now)
        start, stop = span(begins, ends, zone, now)
        warmed_from = start - timedelta(hours=warm_up_h)
        records = archived_inputs(archive_at(first.archive_url), engine, store, warmed_from, stop)
        what_if = WhatIf(_run_of(first), _run_of(second))
        what_if.run(_tracked(replay_steps(records, warmed_from, stop), warmed_from, stop))
    if not what_if.frames:
        hint = f"nothing of {store} is archived there; `shelfstream run archivist` keeps it from its start on"
        raise Faults("replay", [Fault("--from", hint)])
    report = what_if.report(start, stop)
    if json_path is not None:
        text = json.dumps(report.record(store, asked), indent=1, ensure_ascii=False)
        json_path.write_text(f"{text}\n", encoding="utf-8")
    _tell(report, terminal, zone, tuple(SlotState) if all_states else _SHOWN)


def _check_asked(changed: Sequence[str], json_path: Path | None) -> None:
    faults = [
        Fault(
            f"--set {text}",
            f"cannot be tried: what is archived was seen and sent under it; settings of {' and '.join(_STAGES)} can",
        )
        for text in changed
        if text.strip().partition(".")[0].lower() not in _STAGES
    ]
    if not changed:
        faults.append(Fault("--set", "is needed: name a setting to try, such as analytics.belief.decide_at=0.98"))
    if json_path is not None and not json_path.absolute().parent.is_dir():
        faults.append(Fault(str(json_path), "the folder for it is not there"))
    if faults:
        raise Faults("replay", faults)


def _run_of(settings: Effective) -> StoreRun:
    analytics = settings.loaded.section("analytics", AnalyticsSettings)
    return StoreRun(analytics, settings.loaded.section("alerts", AlertsSettings))


def _tracked(steps: Iterable[ReplayStep], start: datetime, stop: datetime) -> Iterator[ReplayStep]:
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("replaying", total=(stop - start).total_seconds())
        for step in steps:
            yield step
            progress.update(task, completed=(step.now - start).total_seconds())


def _tell(report: WhatIfReport, terminal: Console, zone: tzinfo, shown: Sequence[SlotState]) -> None:
    terminal.print(f"{report.frames} frames; {report.unreadable} records that no stage could read.")
    for name, found in (("lost", report.states.lost), ("gained", report.states.gained)):
        of_states = [each for each in found if each.state in shown]
        if of_states:
            terminal.print(_table_of_states(f"States {name}", of_states, zone))
    for name, alerts in (("lost", report.alerts.lost), ("gained", report.alerts.gained)):
        if alerts:
            terminal.print(_table_of_alerts(f"Alerts {name}", alerts, report, zone))
    _tell_sums(report, terminal, shown)


def _tell_sums(report: WhatIfReport, terminal: Console, shown: Sequence[SlotState]) -> None:
    sums = Table("", "same", "lost", "gained", title="Altogether", box=None, title_justify="left")
    for state in shown:
        kept = sum(first.state is state for first, _ in report.states.kept)
        lost, gained = (
            sum(each.state is state for each in side) for side in (report.states.lost, report.states.gained)
        )
        sums.add_row(f"states {state.value}", str(kept), str(lost), str(gained))
    alerts = report.alerts
    sums.add_row("alerts", str(len(alerts.kept)), str(len(alerts.lost)), str(len(alerts.gained)))
    for name, kinds in (("that staff called wrong", _WRONG), ("that staff acted on", _RIGHT)):
        sides = ([first for first, _ in alerts.kept], alerts.lost, alerts.gained)
        sums.add_row(f"  {name}", *(str(sum(_is(report, each, kinds) for each in side)) for side in sides))
    terminal.print(sums)
    if alerts.later_s:
        terminal.print(f"Alerts of both come {_length(median(alerts.later_s))} in the middle.")


def _is(report: WhatIfReport, alert: RaisedAlert, kinds: frozenset[AnswerKind]) -> bool:
    return not kinds.isdisjoint(report.answers_to(alert))


def _table_of_states(title: str, found: Iterable[Stretch], zone: tzinfo) -> Table:
    table = Table("slot", "product", "state", "decided", "until", "sure", title=title, box=None, title_justify="left")
    for each in found:
        until = _shown(each.ended_at, zone)
        decided = _shown(each.decided_at, zone)
        table.add_row(each.slot, each.gtin, each.state.value, decided, until, f"{each.confidence:.0%}")
    return table


def _table_of_alerts(title: str, found: Iterable[RaisedAlert], report: WhatIfReport, zone: tzinfo) -> Table:
    table = Table(
        "slot", "product", "state", "raised", "closed", "staff said", title=title, box=None, title_justify="left"
    )
    for each in found:
        said = Counter(kind.value.replace("_", " ") for kind in report.answers_to(each))
        words = ", ".join(word if count == 1 else f"{word} ({count})" for word, count in said.items())
        raised, closed = _shown(each.raised_at, zone), _shown(each.ended_at, zone)
        table.add_row(each.slot, each.gtin, each.state.value, raised, closed, words)
    return table


def _shown(at: datetime | None, zone: tzinfo) -> str:
    return "to the end" if at is None else f"{at.astimezone(zone):%m-%d %H:%M:%S}"


def _length(later_s: float) -> str:
    if later_s == 0:
        return "at the same time"
    return f"{abs(later_s):.0f} s {'later' if later_s > 0 else 'sooner'}"
