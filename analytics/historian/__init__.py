"""Stock events into SQL: what was true."""
