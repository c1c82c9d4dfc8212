"""Makes the client library's own objects from the settings; what all of them have in common stands here.

kafka-python 3.0.12 calls a producer fatal for a record that was refused for good; ours goes on.
"""

import logging
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError
from kafka.producer.transaction_manager import TransactionManager, TransactionState
from kafka.record import util

from shelfstream.bus.kafka.convert import translated
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.errors import Fault, Faults

_MIB = 1024 * 1024
# A dead letter holds a whole frame and says why.
_LARGEST_BYTES = 6 * _MIB
_LARGEST_FETCH_BYTES = 8 * _MIB


def outlive_failed_records(client: KafkaProducer) -> None:
    """Let a producer go on after records that failed for good. Does nothing to one without idempotence."""
    manager: TransactionManager | None = client._transaction_manager  # noqa: SLF001 (there is no public way)
    if manager is not None:
        _ask_again_after_reset(manager)
        _go_on_after_refusal(manager)


def _ask_again_after_reset(manager: TransactionManager) -> None:
    drop_id = manager.reset_producer_id

    def drop_id_and_begin_again() -> None:
        with manager._lock:  # noqa: SLF001
            drop_id()
            manager._current_state = TransactionState.UNINITIALIZED  # noqa: SLF001

    manager.reset_producer_id = drop_id_and_begin_again


def _go_on_after_refusal(manager: TransactionManager) -> None:
    give_up = manager.transition_to_fatal_error

    def next_epoch_or_give_up(exc: KafkaError) -> None:
        with manager._lock:  # noqa: SLF001
            if isinstance(exc, tuple(manager._FATAL_ERRORS)):  # noqa: SLF001
                give_up(exc)
            elif manager._current_state is not TransactionState.READY:  # noqa: SLF001
                return  # a new id or epoch is on its way: with it every sequence begins anew
            elif manager._supports_epoch_bump():  # noqa: SLF001
                manager.bump_producer_id_and_epoch()
            else:
                manager.reset_producer_id()

    manager.transition_to_fatal_error = next_epoch_or_give_up


def check_checksums() -> None:
    """Refuse to start with the client's checksums in pure Python: a picture costs 35 ms there instead of 0.01 ms.

    Asks the client which ones it uses, as a module that is there may still fail to load. Raises ``Faults``.
    """
    if util.crc32c_c is None or util._crc32c is not util.crc32c_c:  # noqa: SLF001 (there is no public way)
        message = "does not load, and the client's checksums would be slow; install it again: pip install crc32c"
        raise Faults("Kafka client", [Fault("crc32c", message)])


def quieten() -> None:
    """The library logs every lost connection at ERROR, many times a second; what matters reaches us as errors."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


def _common(settings: KafkaSettings) -> dict[str, Any]:
    common: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers.split(","),
        "client_id": settings.client_id,
        "security_protocol": settings.security_protocol,
        "bootstrap_timeout_ms": int(settings.bootstrap_timeout_s * 1000),
        "request_timeout_ms": int(settings.request_timeout_s * 1000),
        "reconnect_backoff_max_ms": 1000,
    }
    if settings.security_protocol.startswith("SASL_"):
        common["sasl_mechanism"] = settings.sasl_mechanism
        common["sasl_plain_username"] = settings.username
        common["sasl_plain_password"] = settings.password.get_secret_value()
    if settings.security_protocol.endswith("SSL"):
        common["ssl_cafile"] = settings.ssl_cafile
        common["ssl_certfile"] = settings.ssl_certfile
        common["ssl_keyfile"] = settings.ssl_keyfile
        common["ssl_password"] = settings.ssl_password.get_secret_value() if settings.ssl_password else None
    return common


def make_producer(settings: KafkaSettings) -> KafkaProducer:
    """An idempotent producer whose records are on all replicas when acknowledged.

    What is sent together is compressed together: levels of one frame are much alike. Pictures do not get smaller by
    it; the broker keeps what it got (``compression.type`` is ``producer``).
    """
    with translated():
        client = KafkaProducer(
            **_common(settings),
            metrics_enabled=False,
            acks="all",
            enable_idempotence=True,
            compression_type=None if settings.compression == "none" else settings.compression,
            batch_size=_MIB,
            linger_ms=0,
            max_request_size=_LARGEST_BYTES,
            max_block_ms=int(settings.request_timeout_s * 1000),
            delivery_timeout_ms=int(settings.delivery_timeout_s * 1000),
            allow_auto_create_topics=False,
        )
    outlive_failed_records(client)
    return client


def make_consumer(settings: KafkaSettings, *, group: str | None = None, member: str | None = None) -> KafkaConsumer:
    """A consumer that commits only when told to; without a group it only reads what it is assigned by hand."""
    of_group: dict[str, Any] = {}
    if group is not None:
        of_group = {
            "group_id": group,
            "group_instance_id": member,
            "session_timeout_ms": int(settings.session_timeout_s * 1000),
            "heartbeat_interval_ms": int(settings.session_timeout_s * 1000 / 5),
            "max_poll_interval_ms": int(settings.poll_budget_s * 1000),
            "partition_assignment_strategy": [RangePartitionAssignor],
        }
    with translated():
        return KafkaConsumer(
            **_common(settings),
            **of_group,
            metrics_enabled=False,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_bytes=settings.fetch_max_bytes,
            max_partition_fetch_bytes=_LARGEST_FETCH_BYTES,
            allow_auto_create_topics=False,
        )


def make_admin(settings: KafkaSettings) -> KafkaAdminClient:
    """A client for topics and groups."""
    with translated():
        return KafkaAdminClient(**_common(settings))
