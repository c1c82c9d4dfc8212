"""Puts data sources, folder and dashboard into a Grafana server: the only module that imports its client.

Data sources have fixed uids, so that a dashboard finds them.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from grafana_api.grafana_api import GrafanaClientError, GrafanaException
from grafana_api.grafana_face import GrafanaFace
from pydantic import Field, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from shelfstream.errors import Fault, Faults, Unavailable
from shelfstream.settings.base import Settings

SQL_UID = "shelfstream-sql"
PROMETHEUS_UID = "shelfstream-prometheus"
SQL_TYPE = "grafana-postgresql-datasource"
PROMETHEUS_TYPE = "prometheus"
_LOCAL = ("127.0.0.1", "localhost", "::1")
FOLDER_UID = "shelfstream"
_NOT_FOUND = 404
_SERVER_ERROR = 500
_TIMEOUT_S = 15.0
_RETRY_AFTER_S = 5.0


class GrafanaSettings(Settings):
    """A Grafana server and the two data sources that it reads, as seen from the machine that Grafana runs on."""

    url: str = Field(description="the Grafana server")
    token: SecretStr = Field(description="a service account's token with the role Admin")
    sql_url: SecretStr = Field(description="the PostgreSQL database; name a role that may only read")
    prometheus_url: str = Field(description="the Prometheus server")
    folder: str = Field(default="Shelfstream", description="the folder that the dashboard is put in")


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


Json = Mapping[str, Any]


class GrafanaServer:
    """One Grafana. Everything it puts there has a fixed uid, so that doing it again changes it in place.

    Methods raise ``Unavailable`` when Grafana is away and ``Faults`` for what it refuses.
    """

    def __init__(self, settings: GrafanaSettings) -> None:
        self._url = settings.url
        self._face = _face(settings)

    def put_data_source(self, source: Json) -> str:
        """Make or change a data source; says which."""
        api = self._face.api
        path = f"/datasources/uid/{source['uid']}"
        if self._ask(lambda: api.GET(path), missing_is_none=True) is None:
            self._ask(lambda: self._face.datasource.create_datasource(dict(source)))
            return "made"
        self._ask(lambda: api.PUT(path, json=dict(source)))
        return "changed"

    def put_folder(self, title: str) -> str:
        """Make or rename the folder; says which."""
        found = self._ask(lambda: self._face.folder.get_folder(FOLDER_UID), missing_is_none=True)
        if found is None:
            self._ask(lambda: self._face.folder.create_folder(title, uid=FOLDER_UID))
            return "made"
        if found["title"] != title:
            renamed = {"title": title, "overwrite": True}
            self._ask(lambda: self._face.api.PUT(f"/folders/{FOLDER_UID}", json=renamed))
            return "renamed"
        return "left as it is"

    def put_dashboard(self, dashboard: Json) -> str:
        """Make the dashboard or write over it; gives its address."""
        wanted = {
            "dashboard": {**dashboard, "id": None},
            "folderUid": FOLDER_UID,
            "overwrite": True,
            "message": "shelfstream grafana apply",
        }
        answer = self._ask(lambda: self._face.dashboard.update_dashboard(wanted))
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.netloc}{answer['url']}"

    def _ask(self, question: Callable[[], Any], *, missing_is_none: bool = False) -> Any:  # noqa: ANN401  # JSON
        try:
            return question()
        except GrafanaClientError as exc:
            if missing_is_none and exc.status_code == _NOT_FOUND:
                return None
            raise Faults(f"Grafana at {self._url}", [Fault(str(exc.status_code), _message_of(exc))]) from exc
        except GrafanaException as exc:
            raise Unavailable(f"Grafana at {self._url}: {_message_of(exc)}", retry_after_s=_RETRY_AFTER_S) from exc
        except OSError as exc:
            # The client's own errors are those of requests, which are OSErrors.
            raise Unavailable(f"Grafana at {self._url}: {exc}", retry_after_s=_RETRY_AFTER_S) from exc


def _message_of(exc: GrafanaException) -> str:
    return str(exc.message)


def _face(settings: GrafanaSettings) -> GrafanaFace:
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Faults("Grafana", [Fault("url", f"{settings.url!r} is no address, such as https://grafana.example:3000")])
    prefix = parts.path.strip("/")
    return GrafanaFace(
        auth=settings.token.get_secret_value(),
        host=parts.hostname,
        port=parts.port,
        url_path_prefix=f"{prefix}/" if prefix else "",
        protocol=parts.scheme,
        timeout=_TIMEOUT_S,
    )
