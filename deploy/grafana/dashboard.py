"""The store dashboard: what is out now, how it was, and whether the system itself is well."""

import json
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard, QueryVariable, Row
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import VariableRefresh

from alerts import metrics as alerting
from deploy.grafana import panels, queries
from deploy.grafana.panels import SQL_SOURCE
from shelfstream.bus import metrics as loop

UID = "shelfstream-store"
TITLE = "Store: on-shelf availability"


def store_dashboard() -> dict[str, Any]:
    """The dashboard as Grafana's JSON."""
    built = _health(_history(_now(_frame()))).build()
    for number, panel in enumerate(built.panels or [], 1):
        panel.id_val = number
    plain: dict[str, Any] = json.loads(json.dumps(built, cls=JSONEncoder))
    return plain


def _frame() -> Dashboard:
    stores = (
        QueryVariable("store")
        .label("Store")
        .datasource(SQL_SOURCE)
        .query(queries.STORES)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
    )
    return (
        Dashboard(TITLE)
        .uid(UID)
        .description("Made by `shelfstream grafana apply`; changes made here are lost with the next one.")
        .tags(["shelfstream"])
        .timezone("browser")
        .refresh("30s")
        .time("now-6h", "now")
        .with_variable(stores)
    )


def _now(board: Dashboard) -> Dashboard:
    return (
        board.with_row(Row("Now"))
        .with_panel(panels.counted("Open alerts", "Alerts that nobody has closed.", queries.OPEN_ALERTS, "red"))
        .with_panel(panels.counted("Slots out", "Slots that are seen empty.", queries.OUT_NOW, "red"))
        .with_panel(
            panels.counted(
                "Slots unknown", "Slots that are not seen well enough, or never were.", queries.UNKNOWN_NOW, "orange"
            )
        )
        .with_panel(
            panels.share(
                "On-shelf availability", "Of the slots that are seen: stocked or low.", queries.AVAILABILITY_NOW
            )
        )
        .with_panel(panels.share("Coverage", "Slots that are seen, of all that are planned.", queries.COVERAGE_NOW))
        .with_panel(
            panels.seconds(
                "Time to refill",
                "Median and 90th percentile from alert until the product is seen there again, in the chosen time.",
                queries.TIME_TO_REFILL,
            )
        )
        .with_panel(panels.listing("Out now", "Longest first.", queries.OUT_LIST).span(24))
    )


def _history(board: Dashboard) -> Dashboard:
    return (
        board.with_row(Row("History"))
        .with_panel(panels.states_over_time())
        .with_panel(
            panels.listing("Longest out", "Time out within the chosen time, opening hours or not.", queries.WORST_SLOTS)
        )
        .with_panel(panels.listing("Alerts", "Raised within the chosen time.", queries.ALERTS_RAISED))
    )


def _health(board: Dashboard) -> Dashboard:
    dead = f"sum by (stage) (increase({loop.DEAD_LETTERS.name}[$__range]))"
    sent = f"sum by (channel, outcome) (increase({alerting.MESSAGES.name}[$__rate_interval]))"
    return (
        board.with_row(Row("System"))
        .with_panel(_of(loop.LAG.action, "Records waiting", f"sum by (stage, instance) ({loop.LAG.name})", "short"))
        .with_panel(
            _of(
                loop.COMMITTED_AT.action,
                "Since the last commit",
                f"time() - max by (stage, instance) ({loop.COMMITTED_AT.name})",
                "s",
            )
        )
        .with_panel(_of(loop.DEAD_LETTERS.action, "Dead letters in the chosen time", dead, "short", "{{stage}}"))
        .with_panel(
            panels.measured("Messages to people", alerting.MESSAGES.action, sent, "{{channel}} {{outcome}}", "short")
        )
    )


def _of(action: str, title: str, expression: str, unit: str, legend: str = "{{stage}} {{instance}}") -> Any:  # noqa: ANN401  # the SDK's builder of a panel
    return panels.measured(title, action, expression, legend, unit)
