"""``shelfstream grafana``: put the store dashboard into a Grafana server, or write it as a file."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.console import Console

from deploy.grafana.apply import GrafanaServer, GrafanaSettings, data_sources
from deploy.grafana.dashboard import store_dashboard
from deploy.runtime.open import settings_here

Url = Annotated[str, typer.Option(help="The Grafana server.", envvar="GRAFANA_URL")]
Token = Annotated[str, typer.Option(help="Token of a service account with the role Admin.", envvar="GRAFANA_TOKEN")]
SqlUrl = Annotated[
    str | None,
    typer.Option(
        help="PostgreSQL as Grafana reaches it, best with a role that only reads; default: the settings' own.",
        envvar="GRAFANA_SQL_URL",
        show_default=False,
    ),
]
PrometheusUrl = Annotated[str, typer.Option(help="Prometheus as Grafana reaches it.", envvar="GRAFANA_PROMETHEUS_URL")]
FolderTitle = Annotated[str, typer.Option(help="The dashboard's folder.")]

app = typer.Typer(help="Set up or export the Grafana dashboard.", no_args_is_help=True)


@app.command()
def apply(
    token: Token,
    url: Url = "http://127.0.0.1:3000",
    sql_url: SqlUrl = None,
    prometheus_url: PrometheusUrl = "http://127.0.0.1:9090",
    folder: FolderTitle = "Shelfstream",
) -> None:
    """Make or update data sources, folder and dashboard. Doing it again changes nothing but what changed."""
    settings = GrafanaSettings(
        url=url,
        token=SecretStr(token),
        sql_url=SecretStr(sql_url or settings_here().sql_url),
        prometheus_url=prometheus_url,
        folder=folder,
    )
    put(settings, Console())


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="JSON file to write, to import by hand.", dir_okay=False)],
) -> None:
    """Write the dashboard as JSON; connects to nothing."""
    file.write_text(json.dumps(store_dashboard(), indent=2) + "\n")
    Console().print(f"{file} written; its data sources have the uids shelfstream-sql and shelfstream-prometheus.")


def put(settings: GrafanaSettings, console: Console) -> None:
    """Put everything into Grafana. Raises ``Faults`` for what it refuses, ``Unavailable`` when it is away."""
    sources = data_sources(settings)
    server = GrafanaServer(settings)
    for source in sources:
        console.print(f"data source {source['name']}: {server.put_data_source(source)}", highlight=False)
    console.print(f"folder {settings.folder}: {server.put_folder(settings.folder)}", highlight=False)
    console.print(f"dashboard: {server.put_dashboard(store_dashboard())}", highlight=False, soft_wrap=True)
