"""Migrations of the one SQL schema that all stages share (Alembic)."""
