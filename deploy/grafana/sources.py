"""The data sources as Grafana's API takes them. Their uids are fixed, so that a dashboard finds them everywhere."""

from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from deploy.grafana.settings import GrafanaSettings
from shelfstream.errors import Fault, Faults

SQL_UID = "shelfstream-sql"
PROMETHEUS_UID = "shelfstream-prometheus"
SQL_TYPE = "grafana-postgresql-datasource"
PROMETHEUS_TYPE = "prometheus"
_LOCAL = ("127.0.0.1", "localhost", "::1")


def data_sources(settings: GrafanaSettings) -> list[dict[str, Any]]:
    """Both data sources. Raises ``Faults`` for a database that Grafana cannot read."""
    return [_sql(settings), _prometheus(settings)]


def _sql(settings: GrafanaSettings) -> dict[str, Any]:
    try:
        url = make_url(settings.sql_url.get_secret_value())
    except ArgumentError as exc:
        raise Faults("Grafana", [Fault("sql-url", "is no database URL")]) from exc
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.host or not url.database:
        hint = "Grafana reads PostgreSQL alone; write postgresql://user:password@host/database"
        raise Faults("Grafana", [Fault("sql-url", hint)])
    usual = "disable" if url.host in _LOCAL else "require"
    return {
        "uid": SQL_UID,
        "name": "Shelfstream history",
        "type": SQL_TYPE,
        "access": "proxy",
        "url": f"{url.host}:{url.port or 5432}",
        "user": url.username or "",
        "jsonData": {
            "database": url.database,
            "sslmode": url.query.get("sslmode", usual),
            "postgresVersion": 1500,
            "maxOpenConns": 5,
        },
        "secureJsonData": {"password": url.password or ""},
    }


def _prometheus(settings: GrafanaSettings) -> dict[str, Any]:
    return {
        "uid": PROMETHEUS_UID,
        "name": "Shelfstream metrics",
        "type": PROMETHEUS_TYPE,
        "access": "proxy",
        "url": settings.prometheus_url,
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s"},
    }
