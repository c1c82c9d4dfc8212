"""Which weights a store's detectors run: accepted ones, those on trial beside them, and those before."""
