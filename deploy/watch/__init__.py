"""Watching a camera without any configuration: the slots are learned from what stays in place."""
