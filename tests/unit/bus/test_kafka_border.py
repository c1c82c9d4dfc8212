"""Kafka's border: who may import the client, how its errors and settings are told."""

import ast
from pathlib import Path

import pytest
from kafka import errors
from kafka.record import util
from pydantic import ValidationError

from shelfstream.bus.kafka import clients
from shelfstream.bus.kafka.convert import as_ours, translated
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.errors import Faults, InvalidMessage, PartitionLost, StageStopped, Unavailable

_ROOT = Path(__file__).parents[3]
_PACKAGES = ("shelfstream", "ingest", "detector", "analytics", "alerts", "console", "deploy")
_ALLOWED = Path("shelfstream/bus/kafka")


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    direct = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    of = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in direct | of}


def test_only_one_folder_imports_the_client() -> None:
    """Whatever else changes, the client library is known to the bus's Kafka folder alone."""
    found = {
        path.relative_to(_ROOT).parent
        for package in _PACKAGES
        for path in (_ROOT / package).rglob("*.py")
        if "kafka" in imported(path)
    }
    assert found == {_ALLOWED}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (errors.CommitFailedError(), PartitionLost),
        (errors.IllegalGenerationError(), PartitionLost),
        (errors.FencedInstanceIdError(), StageStopped),
        (errors.MessageSizeTooLargeError(), InvalidMessage),
        (errors.InvalidRecordError(), InvalidMessage),
        (errors.OutOfOrderSequenceNumberError(), Unavailable),
        (errors.TopicAuthorizationFailedError(), StageStopped),
        (errors.SaslAuthenticationFailedError(), StageStopped),
        (errors.KafkaConnectionError(), Unavailable),
        (errors.KafkaTimeoutError(), Unavailable),
        (errors.NotEnoughReplicasError(), Unavailable),
    ],
)
def test_errors_say_what_to_do(theirs: errors.KafkaError, ours: type[Exception]) -> None:
    """Lost membership, hopeless records, an operator's matter and waiting are told apart."""
    assert isinstance(as_ours(theirs), ours)


def test_a_name_that_two_processes_have_is_told_with_what_to_do() -> None:
    """The one that was put out stops with a sentence that names the setting, instead of joining for ever."""
    assert "SHELFSTREAM_PROCESS__NAME" in str(as_ours(errors.FencedInstanceIdError()))


def test_translated_errors_keep_their_cause() -> None:
    """The client's error stays visible in a traceback; the operating system's are translated too."""
    for cause in (errors.KafkaTimeoutError("slow"), ConnectionResetError("gone")):
        with pytest.raises(Unavailable) as caught, translated():
            raise cause
        assert caught.value.__cause__ is cause


def test_slow_checksums_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the client does not use the C library, missing or not, a start fails with a sentence that names it."""
    clients.check_checksums()
    with monkeypatch.context() as pure:
        pure.setattr(util, "_crc32c", util.crc32c_py)
        with pytest.raises(Faults, match="crc32c"):
            clients.check_checksums()
    monkeypatch.setattr(util, "crc32c_c", None)
    with pytest.raises(Faults, match="crc32c"):
        clients.check_checksums()


def test_sign_in_is_complete_or_refused() -> None:
    """A SASL protocol without mechanism or user is a fault of the settings, and a password is never shown."""
    with pytest.raises(ValidationError, match="sasl_mechanism"):
        KafkaSettings(security_protocol="SASL_SSL")
    settings = KafkaSettings(
        security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", username="u", password="hidden"
    )
    assert "hidden" not in repr(settings)
    assert settings.password.get_secret_value() == "hidden"


def test_no_broker_is_unavailable() -> None:
    """A bus that is not there is waited for, then signalled in our words."""
    settings = KafkaSettings(bootstrap_servers="127.0.0.1:1", bootstrap_timeout_s=0.3)
    for make in (clients.make_consumer, clients.make_admin):
        with pytest.raises(Unavailable):
            make(settings)
