"""The commands of ``shelfstream``, one module each."""
