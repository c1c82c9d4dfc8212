"""Stock events in, messages to people out."""
