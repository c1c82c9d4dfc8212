"""What pages and API show, as values, put together from what was read: pure."""
