"""The settings under which ``watch`` runs its stages."""

from pathlib import Path

import pytest

from alerts.settings import AlertsSettings
from console.settings import ConsoleSettings
from deploy.runtime.settings import Effective
from deploy.watch.run import watch_settings
from detector.settings import DetectorSettings

_REDIS = "redis://127.0.0.1:1"


def settings(environ: dict[str, str], port: int | None = None) -> Effective:
    """Settings of a watch in some environment."""
    return watch_settings(Path("somewhere"), _REDIS, port, environ)


def console_port(environ: dict[str, str], port: int | None = None) -> int:
    """Where its console would listen."""
    return settings(environ, port).loaded.section("console", ConsoleSettings).port


def test_the_port_on_the_command_line_wins() -> None:
    """A port that was named holds against the environment; without one the environment's does, else the default."""
    environ = {"SHELFSTREAM_CONSOLE__PORT": "9001"}
    assert console_port(environ, 0) == 0
    assert console_port(environ, 9002) == 9002
    assert console_port(environ) == 9001
    assert console_port({}) == 8080


def test_references_of_what_is_kept_are_filled_in() -> None:
    """A stage's setting may refer to any variable, those with our prefix included."""
    environ = {
        "SHELFSTREAM_ALERTS__DELIVERY__CHANNELS": '["json://${CHAT_HOST}", "json://${SHELFSTREAM_CHAT}"]',
        "CHAT_HOST": "one",
        "SHELFSTREAM_CHAT": "two",
    }
    channels = settings(environ).loaded.section("alerts", AlertsSettings).delivery.channels
    assert [channel.get_secret_value() for channel in channels] == ["json://one", "json://two"]


@pytest.mark.parametrize("name", ["REDIS__URL", "KAFKA__BOOTSTRAP_SERVERS", "SQL__URL", "PROCESS__MODE", "NOSUCH__X"])
def test_nothing_of_an_installation_is_used(name: str) -> None:
    """Servers that the environment names for the real installation are not touched; stages are set as it says."""
    found = settings({f"SHELFSTREAM_{name}": "production", "SHELFSTREAM_DETECTOR__THREADS": "1"})
    assert found.kafka is None
    assert found.redis.url is not None
    assert found.redis.url.get_secret_value() == _REDIS
    assert found.sql_url == "sqlite:///somewhere/shelfstream.db"
    assert found.loaded.section("detector", DetectorSettings).threads == 1
    assert settings({}).loaded.section("detector", DetectorSettings).threads == 2
