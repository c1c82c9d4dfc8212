"""The catalogue: what stores, cameras, bays, slots and products there are."""
