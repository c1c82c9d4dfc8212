"""The web side that people touch."""
