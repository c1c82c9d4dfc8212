"""Frames and events into pictures: plates for hours, evidence for as long as its event."""
