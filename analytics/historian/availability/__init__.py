"""How long slots were in which state, of the time for which they were planned and their store was open."""
