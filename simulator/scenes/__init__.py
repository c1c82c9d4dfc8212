"""Invented photographs with exact labels, for training and judging."""
