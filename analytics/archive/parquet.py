"""Records of the bus as Parquet: a row a record, value and key as they stood in the log, compressed with Zstandard.

The only module that knows Arrow.
"""

import io
from collections.abc import Iterable, Iterator
from datetime import UTC
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from shelfstream.bus.api import Partition, Record

_ROWS_AT_ONCE = 256
_SCHEMA = pa.schema(
    [
        ("store", pa.string()),
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("appended_at", pa.timestamp("us", tz="UTC")),
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("headers", pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))),
    ]
)


def parquet_of(records: Iterable[Record]) -> bytes:
    """A Parquet file of these records, in their order; equal records give equal bytes."""
    buffer, waiting = io.BytesIO(), iter(records)
    with pq.ParquetWriter(buffer, _SCHEMA, compression="zstd") as writer:
        while rows := [_row(record) for record in islice(waiting, _ROWS_AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))
    return buffer.getvalue()


def records_in(file: BinaryIO) -> Iterator[Record]:
    """The records of a file, few at a time. Raises ``ValueError`` for what is no such file."""
    parquet = pq.ParquetFile(file)
    if not set(_SCHEMA.names).issubset(parquet.schema_arrow.names):
        raise ValueError(f"a Parquet file without the columns {', '.join(_SCHEMA.names)}")
    for batch in parquet.iter_batches(batch_size=_ROWS_AT_ONCE, columns=_SCHEMA.names):
        yield from map(_record, batch.to_pylist())


def store_of(record: Record) -> str:
    """The store that a record is about, by its key."""
    return (record.key or b"").decode().partition("/")[0]


def _row(record: Record) -> dict[str, object]:
    return {
        "store": store_of(record),
        "topic": record.partition.topic,
        "partition": record.partition.index,
        "offset": record.offset,
        "appended_at": record.appended_at,
        "key": record.key,
        "value": record.value,
        "headers": [{"name": name, "value": value} for name, value in record.headers],
    }


def _record(row: dict[str, Any]) -> Record:
    headers = tuple((each["name"], each["value"]) for each in row["headers"])
    where = Partition(row["topic"], row["partition"])
    return Record(where, row["offset"], row["key"], row["value"], headers, row["appended_at"].astimezone(UTC))
