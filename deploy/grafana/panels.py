"""The panels of the store dashboard, and their queries in the form that Grafana's data sources take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from grafana_foundation_sdk.builders.common import ReduceDataOptions
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery as PrometheusBuilder
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
)

from deploy.grafana import queries
from deploy.grafana.apply import PROMETHEUS_TYPE, PROMETHEUS_UID, SQL_TYPE, SQL_UID

SQL_SOURCE = DataSourceRef(type_val=SQL_TYPE, uid=SQL_UID)
PROMETHEUS_SOURCE = DataSourceRef(type_val=PROMETHEUS_TYPE, uid=PROMETHEUS_UID)


@dataclass(frozen=True)
class SqlQuery(Dataquery):
    """A query of the PostgreSQL data source, for which the foundation SDK has no type of its own."""

    sql: str
    format: str

    def to_json(self) -> dict[str, object]:
        """As it stands in a dashboard; the SDK's encoder calls this."""
        return {
            "refId": "A",
            "datasource": {"type": SQL_TYPE, "uid": SQL_UID},
            "editorMode": "code",
            "format": self.format,
            "rawQuery": True,
            "rawSql": self.sql,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, str]) -> Self:
        """Read from a dashboard; the SDK's reader calls this once the data source's type is registered with it."""
        return cls(plain["rawSql"], plain["format"])


class Sql(Builder[SqlQuery]):
    """Builds a ``SqlQuery``: rows of a table, unless it is said to be a series over time."""

    def __init__(self, sql: str) -> None:
        self._query = SqlQuery(sql, "table")

    def over_time(self) -> Self:
        """The column ``time`` is the time of each row."""
        self._query = SqlQuery(self._query.sql, "time_series")
        return self

    def build(self) -> SqlQuery:
        """The query."""
        return self._query


def prometheus(expression: str, legend: str) -> PrometheusBuilder:
    """A query of Prometheus over the dashboard's time."""
    return PrometheusBuilder().datasource(PROMETHEUS_SOURCE).ref_id("A").expr(expression).legend_format(legend).range()


_STAT_WIDTH, _STAT_HEIGHT = 4, 4
_HALF, _TALL = 12, 9
_GREEN, _ORANGE, _RED, _BLUE = "green", "orange", "red", "blue"


def figure(title: str, description: str, sql: str) -> Stat:
    """One number as it is now."""
    return (
        Stat()
        .title(title)
        .description(description)
        .datasource(SQL_SOURCE)
        .with_target(Sql(sql))
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.NONE)
        .span(_STAT_WIDTH)
        .height(_STAT_HEIGHT)
    )


def counted(title: str, description: str, sql: str, color: str) -> Stat:
    """A number that should be nought; coloured when it is not."""
    return figure(title, description, sql).unit("short").thresholds(_steps((None, _GREEN), (1, color)))


def share(title: str, description: str, sql: str) -> Stat:
    """A share that should be near one."""
    return figure(title, description, sql).unit("percentunit").decimals(1).thresholds(
        _steps((None, _RED), (0.9, _ORANGE), (0.97, _GREEN))
    )  # fmt: skip


def seconds(title: str, description: str, sql: str) -> Stat:
    """Spans of time."""
    return figure(title, description, sql).unit("s").thresholds(_steps((None, _BLUE)))


def listing(title: str, description: str, sql: str) -> Table:
    """Rows; the column ``seconds_out`` is shown as a span of time."""
    return (
        Table()
        .title(title)
        .description(description)
        .datasource(SQL_SOURCE)
        .with_target(Sql(sql))
        .override_by_name("seconds_out", [DynamicConfigValue(id_val="unit", value="s")])
        .span(_HALF)
        .height(_TALL)
    )


def states_over_time() -> TimeSeries:
    """How many slots were in each state that is not stocked."""
    return (
        TimeSeries()
        .title("Slots that are not stocked")
        .description("UNKNOWN slots were not seen well enough; they count neither as stocked nor as out.")
        .datasource(SQL_SOURCE)
        .with_target(Sql(queries.STATES_OVER_TIME).over_time())
        .override_by_name("out", [_colored(_RED)])
        .override_by_name("low", [_colored(_ORANGE)])
        .override_by_name("misplaced", [_colored("purple")])
        .override_by_name("unknown", [_colored("gray")])
        .min(0)
        .decimals(0)
        .span(2 * _HALF)
        .height(_TALL)
    )


def measured(title: str, description: str, expression: str, legend: str, unit: str) -> TimeSeries:
    """What the processes tell Prometheus."""
    return (
        TimeSeries()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS_SOURCE)
        .with_target(prometheus(expression, legend))
        .unit(unit)
        .min(0)
        .span(_HALF)
        .height(_TALL)
    )


def _colored(color: str) -> DynamicConfigValue:
    return DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": color})


def _steps(*steps: tuple[float | None, str]) -> ThresholdsConfig:
    found = [Threshold(value=value, color=color) for value, color in steps]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)
