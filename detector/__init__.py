"""Frames in, facings out."""
