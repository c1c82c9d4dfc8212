"""Learns a plan of a shelf from what stays in place on it."""
