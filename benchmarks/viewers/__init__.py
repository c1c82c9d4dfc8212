"""How soon a large store's page is there, and how many people can look at it at once."""
