"""What is true now, in Redis: written by the owner of a store, read by everybody else, who are told of changes."""
