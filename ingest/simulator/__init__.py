"""A seeded store whose state is a function of (seed, time), and its photographs."""
