"""Settings: read all at once, each with where it came from, every fault told at once."""
