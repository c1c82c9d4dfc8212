"""A panel's queries in the form that Grafana's data sources take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from grafana_foundation_sdk.builders.prometheus import Dataquery as PrometheusBuilder
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from deploy.grafana.sources import PROMETHEUS_TYPE, PROMETHEUS_UID, SQL_TYPE, SQL_UID

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
