"""Pictures that a person labels, so that the model learns the store's own shelves."""
