"""Questions about what was: the face of history that the console, commands and the API use."""
