"""Keeps an idempotent producer of kafka-python 3.0.12 going after a record that failed for good.

Two faults of the library end such a producer, though all that is wrong is one record:

- When a record that was sent once runs out of time (the broker stood still for longer than the delivery timeout), it
  drops its producer id and means to ask for a new one, but asks only in its first state, to which dropping the id does
  not return (``TransactionManager.reset_producer_id`` and ``init_producer_id``). No record is sent from then on and no
  future settles, also when the broker is back. Here the state is put back with the id.
- When the broker refuses a record for good (too large, not to its policy), every later record of the process is
  refused with the same error: ``classify_batch_error`` calls that fatal, against its own comment. Here it asks for the
  next epoch of its id, as Kafka's own client does after an error that leaves a hole in its sequence (KIP-360), and goes
  on. Errors that are an operator's matter stay fatal.
"""

from kafka import KafkaProducer
from kafka.errors import KafkaError
from kafka.producer.transaction_manager import TransactionManager, TransactionState


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
