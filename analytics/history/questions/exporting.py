"""Answers as files for other tools, row by row: CSV, JSON, Parquet and Arrow. Memory does not grow with the rows."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from itertools import islice
from types import MappingProxyType
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.history.questions.question import AnswerColumn, Unit
from shelfstream.csv_cells import csv_lines

_ROWS_AT_ONCE = 20_000
_TYPES: Mapping[Unit, pa.DataType] = MappingProxyType(
    {
        Unit.TEXT: pa.string(),
        Unit.DAY: pa.date32(),
        Unit.MOMENT: pa.timestamp("us", tz="UTC"),
        Unit.COUNT: pa.int64(),
        Unit.MINUTES: pa.float64(),
        Unit.SHARE: pa.float64(),
        Unit.MONEY: pa.float64(),
    }
)

Rows = Iterable[Sequence[object]]


def csv_of(columns: Sequence[AnswerColumn], rows: Rows, zone: tzinfo = UTC) -> Iterator[str]:
    """Lines of CSV: a head line and the rows, times in a zone with their offset."""
    return csv_lines([column.name for column in columns], rows, zone)


def json_of(columns: Sequence[AnswerColumn], rows: Rows) -> Iterator[str]:
    """One array of objects, an object a line; days and times as ISO 8601 has them."""
    names = [column.name for column in columns]
    begun = False
    for row in rows:
        plain = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        yield (",\n" if begun else "[\n") + json.dumps(plain, ensure_ascii=False)
        begun = True
    yield "\n]\n" if begun else "[]\n"


def write_parquet(columns: Sequence[AnswerColumn], rows: Rows, file: BinaryIO) -> int:
    """A Parquet file, compressed with Zstandard, each column with its definition; returns how many rows it has."""
    schema, count = _schema(columns), 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(schema, rows):
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def write_arrow(columns: Sequence[AnswerColumn], rows: Rows, file: BinaryIO) -> int:
    """A stream of Arrow's IPC format, as Polars and DuckDB read it; returns how many rows it has."""
    schema, count = _schema(columns), 0
    with pa.ipc.new_stream(file, schema) as writer:
        for batch in _batches(schema, rows):
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _schema(columns: Sequence[AnswerColumn]) -> pa.Schema:
    return pa.schema([pa.field(each.name, _TYPES[each.unit], metadata={"says": each.says}) for each in columns])


def _batches(schema: pa.Schema, rows: Rows) -> Iterator[pa.RecordBatch]:
    waiting = iter(rows)
    while some := list(islice(waiting, _ROWS_AT_ONCE)):
        columns = zip(*some, strict=True)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else value
