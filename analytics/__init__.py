"""Facings in, slot levels and stock events out."""
