"""Real servers for development and tests, without containers. Not part of the installed package."""
