"""A store's own pictures make its model better, on the store's own box."""
