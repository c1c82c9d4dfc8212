"""HTML of the pages, made by pure functions of what is shown."""
