"""Fixtures and what stands on them, painted and seen through a camera."""
