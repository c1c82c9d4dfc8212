"""Measurements: each module compares ours with a peer in one run and prints figures and ratios."""
