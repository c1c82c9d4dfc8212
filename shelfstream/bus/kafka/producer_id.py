"""Mends an idempotent producer of kafka-python 3.0.12, which falls silent for ever after a record that it gave up.

When a record that was sent once runs out of time (the broker stood still for longer than the delivery timeout), the
library drops its producer id and means to ask for a new one, but asks only in its first state, to which dropping the
id does not return (``TransactionManager.reset_producer_id`` and ``init_producer_id``). No record is sent from then on
and no future settles, also when the broker is back. Here the state is put back with the id.
"""

from kafka import KafkaProducer
from kafka.producer.transaction_manager import TransactionManager, TransactionState


def ask_again_after_reset(client: KafkaProducer) -> None:
    """Let a producer ask for a new id whenever it has dropped the old one. Does nothing to one without idempotence."""
    manager: TransactionManager | None = client._transaction_manager  # noqa: SLF001 (there is no public way)
    if manager is None:
        return
    drop_id = manager.reset_producer_id

    def drop_id_and_begin_again() -> None:
        with manager._lock:  # noqa: SLF001
            drop_id()
            manager._current_state = TransactionState.UNINITIALIZED  # noqa: SLF001

    manager.reset_producer_id = drop_id_and_begin_again
