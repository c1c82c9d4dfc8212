"""Named questions over many stores and years, answered from roll-ups."""
