"""The simulated store: what is sold when, its cameras, and what is really on its shelves."""
