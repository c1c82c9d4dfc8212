"""The settings of an installation as a whole."""

from pathlib import Path

import pytest

from deploy.runtime.settings import SHARED, read_settings
from deploy.runtime.stages import STAGES, settings_class
from shelfstream.errors import Faults
from shelfstream.secrets import MASK
from shelfstream.settings.show import shown_settings

_SECURE = {
    "SHELFSTREAM_PROCESS__MODE": "production",
    "SHELFSTREAM_KAFKA__BOOTSTRAP_SERVERS": "kafka:9093",
    "SHELFSTREAM_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
    "SHELFSTREAM_KAFKA__SASL_MECHANISM": "SCRAM-SHA-512",
    "SHELFSTREAM_KAFKA__USERNAME": "shelf",
    "SHELFSTREAM_KAFKA__PASSWORD": "${KAFKA_PASSWORD}",
    "SHELFSTREAM_REDIS__URL": "rediss://:${REDIS_PASSWORD}@redis:6379/0",
    "SHELFSTREAM_SQL__URL": "postgresql://shelf:${SQL_PASSWORD}@db/shelf",
    "KAFKA_PASSWORD": "hunter2",
    "REDIS_PASSWORD": "hunter2",
    "SQL_PASSWORD": "hunter2",
}


def test_without_anything_given_all_is_embedded() -> None:
    """Defaults alone make a system in one folder: embedded bus, SQLite, a folder of pictures, no Redis."""
    settings = read_settings(None, {}, needed=tuple(STAGES))
    assert settings.kafka is None
    assert settings.sql_url == "sqlite:///data/shelfstream.db"
    assert settings.pictures_url == "data/pictures"
    assert settings.redis.url is None
    assert settings.topic_sizes.store_partitions == 4
    assert set(settings.stages) == set(STAGES)


def test_naming_brokers_chooses_kafka() -> None:
    """As soon as anything is given for Kafka the bus is Kafka, with its own usual sizes."""
    environ = {"SHELFSTREAM_KAFKA__BOOTSTRAP_SERVERS": "kafka:9092", "SHELFSTREAM_TOPICS__STORE_PARTITIONS": "6"}
    settings = read_settings(None, environ)
    assert settings.kafka is not None
    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.topic_sizes.store_partitions == 6
    assert settings.topic_sizes.camera_partitions == 24


def test_processes_have_different_names() -> None:
    """Two processes without a name given are never called the same, even on one host with one process id."""
    assert read_settings(None, {}).process_name != read_settings(None, {}).process_name
    named = read_settings(None, {"SHELFSTREAM_PROCESS__NAME": "ingest-1"})
    assert named.process_name == "ingest-1"


def test_production_takes_what_is_secured() -> None:
    """Encrypted, signed-in servers pass in production mode."""
    settings = read_settings(None, _SECURE)
    assert settings.sql_url == "postgresql://shelf:hunter2@db/shelf"


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"SHELFSTREAM_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "SHELFSTREAM_KAFKA__SECURITY_PROTOCOL"),
        ({"SHELFSTREAM_KAFKA__SECURITY_PROTOCOL": "PLAINTEXT"}, "SHELFSTREAM_KAFKA__SECURITY_PROTOCOL"),
        ({"SHELFSTREAM_KAFKA__PASSWORD": ""}, "kafka.password"),
        ({"SHELFSTREAM_KAFKA__SECURITY_PROTOCOL": "SSL"}, "kafka.ssl_certfile"),
        ({"KAFKA_PASSWORD": ""}, "SHELFSTREAM_KAFKA__PASSWORD"),
        ({"SHELFSTREAM_REDIS__URL": "redis://redis:6379/0"}, "SHELFSTREAM_REDIS__URL"),
        ({"REDIS_PASSWORD": ""}, "SHELFSTREAM_REDIS__URL"),
        ({"SHELFSTREAM_SQL__URL": "postgresql://shelf@db/shelf"}, "SHELFSTREAM_SQL__URL"),
    ],
)
def test_production_refuses_what_is_open(changed: dict[str, str], where: str) -> None:
    """Plaintext Kafka and empty passwords end the start in production mode, told where it was given; demos pass."""
    with pytest.raises(Faults) as caught:
        read_settings(None, {**_SECURE, **changed})
    assert [fault.where for fault in caught.value.faults] == [where]
    read_settings(None, {**_SECURE, **changed, "SHELFSTREAM_PROCESS__MODE": "demo"})


def test_production_tells_all_that_is_open_at_once() -> None:
    """An unsecured installation learns everything that it must change in one go."""
    environ = {
        "SHELFSTREAM_PROCESS__MODE": "production",
        "SHELFSTREAM_KAFKA__CLIENT_ID": "x",
        "SHELFSTREAM_REDIS__URL": "redis://redis",
        "SHELFSTREAM_SQL__URL": "postgresql://db/shelf",
    }
    with pytest.raises(Faults) as caught:
        read_settings(None, environ)
    assert len(caught.value.faults) == 3


def faults_of(environ: dict[str, str], needed: tuple[str, ...] = ()) -> dict[str, str]:
    """What is wrong with an installation's settings, by place."""
    with pytest.raises(Faults) as caught:
        read_settings(None, environ, needed=needed)
    return {fault.where: fault.what for fault in caught.value.faults}


def test_what_is_open_is_told_beside_what_is_wrong() -> None:
    """A value that does not parse, be it in the same section, keeps nothing that is unsecured from being told."""
    faults = faults_of(
        {
            "SHELFSTREAM_PROCESS__MODE": "production",
            "SHELFSTREAM_PROCESS__HEALTH_PORT": "many",
            "SHELFSTREAM_KAFKA__SECURITY_PROTOCOL": "PLAINTEXT",
            "SHELFSTREAM_KAFKA__FETCH_MAX_BYTES": "1",
            "SHELFSTREAM_REDIS__URL": "redis://redis",
            "SHELFSTREAM_SQL__URL": "${SQL_URL}",
            "SHELFSTREAM_ALERTS__RAISE_AFTER_S": "soon",
        }
    )
    assert "not encrypted" in faults.pop("SHELFSTREAM_KAFKA__SECURITY_PROTOCOL")
    assert "greater than" in faults.pop("SHELFSTREAM_KAFKA__FETCH_MAX_BYTES")
    assert "no password" in faults.pop("SHELFSTREAM_REDIS__URL")
    assert "SQL_URL, which is not set" in faults.pop("SHELFSTREAM_SQL__URL")
    assert "valid number" in faults.pop("SHELFSTREAM_ALERTS__RAISE_AFTER_S")
    assert "valid integer" in faults.pop("SHELFSTREAM_PROCESS__HEALTH_PORT")
    assert faults == {}


def test_a_wrong_value_is_told_once() -> None:
    """Of a protocol that does not exist it is not also said that it is not encrypted."""
    environ = {"SHELFSTREAM_PROCESS__MODE": "production", "SHELFSTREAM_KAFKA__SECURITY_PROTOCOL": "TLS"}
    with pytest.raises(Faults) as caught:
        read_settings(None, environ)
    assert [fault.where for fault in caught.value.faults] == ["SHELFSTREAM_KAFKA__SECURITY_PROTOCOL"]


def test_all_that_kafka_lacks_is_told_at_once() -> None:
    """Who signs in without saying how or as whom, and is too impatient as well, hears of all of it."""
    faults = faults_of(
        {
            "SHELFSTREAM_PROCESS__MODE": "production",
            "SHELFSTREAM_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "SHELFSTREAM_KAFKA__REQUEST_TIMEOUT_S": "20",
        }
    )
    assert "not encrypted" in faults.pop("SHELFSTREAM_KAFKA__SECURITY_PROTOCOL")
    assert "needed to sign in" in faults.pop("kafka.sasl_mechanism")
    assert "needed to sign in" in faults.pop("kafka.username")
    assert "empty" in faults.pop("kafka.password")
    assert "not be shorter than request_timeout_s" in faults.pop("kafka.delivery_timeout_s")
    assert faults == {}


def test_channels_are_looked_at_before_alerts_start() -> None:
    """Who is to run alerts hears of each channel that nothing knows, along with everything else."""
    environ = {
        "SHELFSTREAM_ALERTS__DELIVERY__CHANNELS": '["json://host", "nosuch://hunter2", "${CHAT}"]',
        "SHELFSTREAM_REDIS__URL": "redis",
        "CHAT": "neither://hunter2",
    }
    faults = faults_of(environ, needed=("alerts",))
    place = "SHELFSTREAM_ALERTS__DELIVERY__CHANNELS alerts.delivery.channels"
    assert sorted(faults) == [f"{place}.1", f"{place}.2", "SHELFSTREAM_REDIS__URL"]
    assert "hunter2" not in str(faults)
    assert sorted(faults_of(environ, needed=("ingest",))) == ["SHELFSTREAM_REDIS__URL"]


def test_nothing_that_is_shown_holds_a_secret() -> None:
    """Across all sections no secret is shown, whether written out or by reference."""
    settings = read_settings(None, {**_SECURE, "SHELFSTREAM_ALERTS__DELIVERY__CHANNELS": '["json://hunter2@host"]'})
    shown = [line for section in settings.loaded.sections for line in shown_settings(settings.loaded, section)]
    assert "hunter2" not in str(shown)
    assert MASK in str(shown)


def test_every_setting_says_what_it_is_for() -> None:
    """Each field of each section that a process owns has a description for ``config --describe``."""
    settings = read_settings(None, {}, needed=tuple(STAGES))
    for section in SHARED:
        for line in shown_settings(settings.loaded, section):
            assert line.description, line.name


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_defaults(stage: str) -> None:
    """A stage runs without any settings given: a process that is told nothing has its defaults."""
    assert read_settings(None, {}, needed=(stage,)).stages[stage] == settings_class(stage)()


def test_one_file_for_all(tmp_path: Path) -> None:
    """A file with sections for the process, servers and stages is taken as a whole."""
    path = tmp_path / "shop.yaml"
    path.write_text(
        "process:\n  mode: demo\n  data_folder: /srv/shelf\nkafka:\n  bootstrap_servers: a:9092\n"
        "ingest:\n  jpeg_quality: 80\nalerts:\n  raise_after_s: 60\n"
    )
    settings = read_settings(path, {}, needed=("ingest",))
    assert settings.stages["ingest"].model_dump()["jpeg_quality"] == 80
    assert settings.process.data_folder == Path("/srv/shelf")
