"""The dashboard is what Grafana's own schema says, and asks only for what there is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import DataqueryConfig, register_dataquery_variant
from grafana_foundation_sdk.models.dashboard import Dashboard
from typer.testing import CliRunner

from alerts import metrics as alerting
from deploy.commands.grafana import app
from deploy.grafana.apply import PROMETHEUS_UID, SQL_TYPE, SQL_UID
from deploy.grafana.dashboard import store_dashboard
from deploy.grafana.panels import SqlQuery
from deploy.grafana.queries import ALL
from shelfstream.bus import metrics
from shelfstream.metrics import Counter, Gauge, Histogram

_WIDTH = 24


def _panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = store_dashboard()["panels"]
    return found


def _targets() -> Iterator[dict[str, Any]]:
    for panel in _panels():
        yield from panel.get("targets", ())


def _declared() -> set[str]:
    found = [*vars(metrics).values(), *vars(alerting).values()]
    return {each.name for each in found if isinstance(each, Counter | Gauge | Histogram)}


def _lost(before: Any, after: Any, where: str = "") -> list[str]:
    """Where ``after`` lacks something of ``before``, or has it otherwise."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [each for key in before for each in _lost(before[key], after.get(key), f"{where}.{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [each for number, pair in pairs for each in _lost(*pair, f"{where}[{number}]")]
    return [] if before == after else [where]


def test_the_typed_model_reads_the_whole_dashboard_back() -> None:
    """The foundation SDK's own reader loses nothing of it: each field is one that its types know, SQL queries too."""
    register_default_plugins()
    register_dataquery_variant(DataqueryConfig(SQL_TYPE, SqlQuery.from_json))
    plain = json.loads(json.dumps(store_dashboard()))
    read = Dashboard.from_json(plain)
    assert _lost(plain, json.loads(json.dumps(read, cls=JSONEncoder))) == []
    targets = [target for panel in read.panels or [] for target in getattr(panel, "targets", None) or []]
    kinds = {type(target).__module__.rpartition(".")[2] for target in targets}
    assert kinds == {"panels", "prometheus"}


def test_panels_have_ids_of_their_own_and_do_not_cover_each_other() -> None:
    """Grafana would move them about, each time anew."""
    panels = _panels()
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= _WIDTH
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_says_what_it_shows_and_asks_a_source_that_is_set_up() -> None:
    """A figure without a meaning is worth little; a query without a source shows nothing."""
    for panel in _panels():
        if panel["type"] == "row":
            continue
        assert panel["title"]
        assert panel["description"]
        assert panel["datasource"]["uid"] in (SQL_UID, PROMETHEUS_UID)
    assert {target["datasource"]["uid"] for target in _targets()} == {SQL_UID, PROMETHEUS_UID}


def test_metrics_are_ones_that_are_declared() -> None:
    """A name that nobody writes would be an empty panel that looks like good news."""
    asked = {
        name for target in _targets() if "expr" in target for name in re.findall(r"shelfstream_\w+", target["expr"])
    }
    assert asked
    assert asked <= _declared()


def test_every_query_is_one_of_those_that_are_run_in_the_tests() -> None:
    """No SQL reaches the dashboard past the suite on a real PostgreSQL."""
    assert {target["rawSql"] for target in _targets() if "rawSql" in target} <= set(ALL.values())


def test_export_writes_the_same_dashboard_every_time(tmp_path: Path) -> None:
    """A file that a person can import or keep under version control."""
    file = tmp_path / "store.json"
    for _ in range(2):
        assert CliRunner().invoke(app, ["export", str(file)]).exit_code == 0
        assert json.loads(file.read_text()) == store_dashboard()
