"""Cameras in trouble: operators are told after a while, and when they are back. Never staff, and never as a gap."""
