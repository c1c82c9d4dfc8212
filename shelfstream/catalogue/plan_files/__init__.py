"""Plans from space-planning programs, read into bays, slots and products of a catalogue."""
