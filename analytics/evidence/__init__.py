"""Keeps pictures: plates of every frame for a short time, a crop of the slot as evidence with each event."""
