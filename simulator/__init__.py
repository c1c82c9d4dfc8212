"""A simulated store: what stands on its shelves at any time, and what its cameras see of it."""
