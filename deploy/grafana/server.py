"""Puts data sources, folder and dashboard into a Grafana server: the only module that imports its client."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from grafana_api.grafana_api import GrafanaClientError, GrafanaException
from grafana_api.grafana_face import GrafanaFace

from deploy.grafana.settings import GrafanaSettings
from shelfstream.errors import Fault, Faults, Unavailable

FOLDER_UID = "shelfstream"
_NOT_FOUND = 404
_SERVER_ERROR = 500
_TIMEOUT_S = 15.0
_RETRY_AFTER_S = 5.0
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
            raise Faults(f"Grafana at {self._url}", [Fault(str(exc.status_code), _told(exc))]) from exc
        except GrafanaException as exc:
            raise Unavailable(f"Grafana at {self._url}: {_told(exc)}", retry_after_s=_RETRY_AFTER_S) from exc
        except OSError as exc:
            # The client's own errors are those of requests, which are OSErrors.
            raise Unavailable(f"Grafana at {self._url}: {exc}", retry_after_s=_RETRY_AFTER_S) from exc


def _told(exc: GrafanaException) -> str:
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
