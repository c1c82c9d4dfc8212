"""Where Grafana is, and from where it reads."""

from pydantic import Field, SecretStr

from shelfstream.settings import Settings


class GrafanaSettings(Settings):
    """A Grafana server and the two data sources that it reads, as seen from the machine that Grafana runs on."""

    url: str = Field(description="the Grafana server")
    token: SecretStr = Field(description="a service account's token with the role Admin")
    sql_url: SecretStr = Field(description="the PostgreSQL database; name a role that may only read")
    prometheus_url: str = Field(description="the Prometheus server")
    folder: str = Field(default="Shelfstream", description="the folder that the dashboard is put in")
