"""The gallery: what each product of a store looks like, kept up with the catalogue."""
