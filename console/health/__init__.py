"""How the system itself does: what waits, what was put aside, and what to do about it."""
