"""The demo: the whole system in one process on a simulated store, scored against what the simulator knows."""
