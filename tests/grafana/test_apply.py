"""``shelfstream grafana apply`` brings a Grafana server to what is written here, however often it is run."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from rich.console import Console
from typer.testing import CliRunner

from deploy.commands.grafana import app, put
from deploy.grafana.apply import FOLDER_UID, PROMETHEUS_UID, SQL_UID, GrafanaSettings
from deploy.grafana.dashboard import UID
from shelfstream.errors import Faults, Unavailable
from tests.grafana.fake_grafana import TOKEN, FakeGrafana, fake_grafana

SQL_URL = "postgresql+psycopg://reader:s3cret@db.example:5433/shelves"


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with fake_grafana() as held:
        yield held


def _settings(url: str, *, token: str = TOKEN, sql_url: str = SQL_URL, folder: str = "Shelfstream") -> GrafanaSettings:
    return GrafanaSettings(
        url=url,
        token=SecretStr(token),
        sql_url=SecretStr(sql_url),
        prometheus_url="http://prometheus.example:9090",
        folder=folder,
    )


def _put(settings: GrafanaSettings) -> None:
    put(settings, Console(quiet=True))


def test_everything_is_made_once_and_changed_in_place_after_that(grafana: FakeGrafana) -> None:
    """The second run finds everything there: no second data source, folder or dashboard."""
    _put(_settings(grafana.url))
    first = (dict(grafana.sources), dict(grafana.folders), dict(grafana.dashboards))
    assert (set(grafana.sources), set(grafana.folders), set(grafana.dashboards)) == (
        {SQL_UID, PROMETHEUS_UID},
        {FOLDER_UID},
        {UID},
    )
    grafana.calls.clear()
    _put(_settings(grafana.url))
    assert (grafana.sources, grafana.folders, grafana.dashboards) == first
    assert [call for call in grafana.calls if call.startswith("POST")] == ["POST /api/dashboards/db"]


def test_the_password_travels_as_a_secret_and_nowhere_else(grafana: FakeGrafana) -> None:
    """Grafana keeps ``secureJsonData`` encrypted; the address and the dashboard hold none of it."""
    _put(_settings(grafana.url))
    source = grafana.sources[SQL_UID]
    assert source.pop("secureJsonData") == {"password": "s3cret"}
    assert (source["url"], source["user"], source["jsonData"]["database"]) == ("db.example:5433", "reader", "shelves")
    assert source["jsonData"]["sslmode"] == "require"
    assert "s3cret" not in str(source) + str(grafana.dashboards)


def test_a_folder_can_be_renamed(grafana: FakeGrafana) -> None:
    """The same folder gets the new title."""
    _put(_settings(grafana.url))
    _put(_settings(grafana.url, folder="Shelves"))
    assert [folder["title"] for folder in grafana.folders.values()] == ["Shelves"]


def test_what_is_wrong_is_told_in_a_sentence(grafana: FakeGrafana) -> None:
    """A wrong token, a database that Grafana cannot read and a server that is away end without a trace of secrets."""
    with pytest.raises(Faults, match="401"):
        _put(_settings(grafana.url, token="wrong"))
    with pytest.raises(Faults, match="PostgreSQL alone"):
        _put(_settings(grafana.url, sql_url="sqlite:///shelfstream.db"))
    with pytest.raises(Faults, match="no address"):
        _put(_settings("grafana.example"))
    grafana.down = True
    with pytest.raises(Unavailable, match="503"):
        _put(_settings(grafana.url))
    with pytest.raises(Unavailable):
        _put(_settings("http://127.0.0.1:9"))


def test_the_command_takes_its_secrets_from_the_environment(grafana: FakeGrafana) -> None:
    """Nothing secret needs to stand on the command line."""
    environment = {"GRAFANA_TOKEN": TOKEN, "GRAFANA_SQL_URL": SQL_URL}
    done = CliRunner().invoke(app, ["apply", "--url", grafana.url], env=environment)
    assert done.exit_code == 0, done.output
    assert f"{grafana.url}/d/{UID}" in done.output
    assert set(grafana.dashboards) == {UID}
