"""Runs stages in a process: settings, what they open, supervision, and the servers that come with them."""
