"""What one process knows of the stores it owns: how a batch changes it, and how it is restored."""
