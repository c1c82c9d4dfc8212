"""How long named questions take over a chain of stores, how that grows, and what history takes in a second."""
