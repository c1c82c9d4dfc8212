"""The SQL table of the catalogue: every version of every entity, with the time for which it holds."""

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text

from shelfstream.sql import UtcDateTime, metadata

catalogue_versions = Table(
    "catalogue_versions",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("valid_from", UtcDateTime, primary_key=True),
    Column("valid_to", UtcDateTime),
    Column("bay", String(64)),
    Column("content_hash", String(64), nullable=False),
    Column("value", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="not_empty"),
    Index(None, "store", "bay"),
)
